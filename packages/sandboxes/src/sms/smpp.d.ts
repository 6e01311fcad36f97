// The part of the npm package `smpp` that this workspace uses; the package publishes no types of its own.
declare module 'smpp' {
  import type { EventEmitter } from 'node:events';
  import type { Server as NetServer, Socket } from 'node:net';

  export type ShortMessage = { message: string | Buffer; udh?: Buffer[] };

  export type PduFields = {
    command_status?: number;
    sequence_number?: number;
    system_id?: string;
    password?: string;
    system_type?: string;
    interface_version?: number;
    service_type?: string;
    source_addr_ton?: number;
    source_addr_npi?: number;
    source_addr?: string;
    dest_addr_ton?: number;
    dest_addr_npi?: number;
    destination_addr?: string;
    esm_class?: number;
    registered_delivery?: number;
    data_coding?: number;
    short_message?: string | Buffer | { message: string | Buffer; udh?: Buffer };
    message_payload?: string | Buffer;
    message_id?: string;
    receipted_message_id?: string;
    message_state?: number;
    final_date?: string;
    error_code?: number;
  };

  export type PDU = {
    command: string;
    command_status: number;
    sequence_number: number;
    system_id?: string;
    password?: string;
    source_addr?: string;
    destination_addr?: string;
    esm_class?: number;
    registered_delivery?: number;
    data_coding?: number;
    short_message?: ShortMessage | string;
    message_payload?: ShortMessage | string | Buffer;
    message_id?: string;
    receipted_message_id?: string;
    message_state?: number;
    sar_msg_ref_num?: number;
    sar_total_segments?: number;
    sar_segment_seqnum?: number;
    error_code?: number;
    isResponse(): boolean;
    response(fields?: PduFields): PDU;
  };

  /** Every shortcut answers false where the socket can no longer be written to. */
  type Shortcut = (fields: PduFields, onResponse?: (response: PDU) => void) => boolean;

  export type Session = EventEmitter & {
    readonly socket: Socket;
    send(pdu: PDU): boolean;
    close(onClosed?: () => void): void;
    destroy(onClosed?: () => void): void;
    bind_transceiver: Shortcut;
    bind_transmitter: Shortcut;
    bind_receiver: Shortcut;
    submit_sm: Shortcut;
    deliver_sm: Shortcut;
    query_sm: Shortcut;
    enquire_link: Shortcut;
    unbind: Shortcut;
  };

  export type Server = NetServer & { readonly sessions: Session[] };

  const smpp: {
    createServer(onSession: (session: Session) => void): Server;
    connect(options: { host: string; port: number }): Session;
  };
  export default smpp;
}
