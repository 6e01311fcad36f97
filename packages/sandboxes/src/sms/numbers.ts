// The status numbers of SMPP 3.4 (section 5.1.3 and 5.2.28) that the SMSC uses.

export const commandStatus = {
  ok: 0x00,
  invalidBindStatus: 0x04,
  alreadyBound: 0x05,
  invalidDestination: 0x0b,
  invalidMessageId: 0x0c,
  bindFailed: 0x0d,
  invalidPassword: 0x0e,
  queueFull: 0x14,
  throttled: 0x58,
} as const;

export const messageState = { enroute: 1, delivered: 2, undeliverable: 5 } as const;

/** esm_class of a deliver_sm that carries a delivery receipt. */
export const deliveryReceiptClass = 0x04;
