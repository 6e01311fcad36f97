// Logs: JSON lines on standard output, one writer per process, and nothing in them that a log may not hold (PLA-13).
import { pino, type DestinationStream, type Logger } from 'pino';
import { CENSORED, REDACTED_PATHS, scrubbedFields, scrubLine, scrubText, serializeError } from './redaction.ts';

export type LoggerOptions = {
  readonly service: string;
  readonly instance: string;
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** For specs; standard output otherwise. */
  readonly destination?: DestinationStream;
};

function scrubArgument(argument: unknown): unknown {
  return typeof argument === 'string' ? scrubText(argument) : argument;
}

export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service, instance: options.instance },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (record) => scrubbedFields(record) },
      redact: { paths: [...REDACTED_PATHS], censor: CENSORED },
      serializers: { err: serializeError, error: serializeError },
      hooks: {
        logMethod(inputArguments, method) {
          const [first, second, ...rest] = inputArguments;
          if (first instanceof Error && second === undefined) {
            method.apply(this, [{ err: first }, scrubText(first.message)]);
            return;
          }
          const scrubbed: unknown[] = [first, second, ...rest].slice(0, inputArguments.length).map(scrubArgument);
          Reflect.apply(method, this, scrubbed);
        },
        streamWrite: scrubLine,
      },
    },
    options.destination ?? pino.destination({ fd: 1, sync: false, minLength: 4_096, periodicFlush: 250 }),
  );
}

/** The last step of a stop: what was logged reaches standard output. */
export function flushLogger(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    logger.flush(() => {
      resolve();
    });
  });
}
