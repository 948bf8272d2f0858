import type { LoggerService } from '@nestjs/common';
import { destination, type DestinationStream, type Level, type Logger as Pino, pino } from 'pino';
import picocolors from 'picocolors';

export interface LogSettings {
  readonly level: Level | 'silent';
  /** One JSON object per line for machines, or lines for a person at a terminal. */
  readonly format: 'json' | 'readable';
}

/** Never written, wherever they turn up: a net under the rule that nobody logs them. */
const SECRET_FIELDS = [
  ...['authorization', 'key', 'secret', 'password', 'token', 'cookie'],
  ...['email', 'phone', 'firstName', 'lastName', 'message', 'contact', 'note', 'parameters', 'detail'],
];

/** Nest's own account of what it wires together: worth reading only when that is the question. */
const WIRING = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
  'NestMicroservice',
]);

type Line = Record<string, unknown>;

/**
 * Nest's logger over pino. `logger.log({ event: 'batch.handled', … })` makes one wide line; a text becomes its `text`.
 * Errors are written as name, code and stack; other properties of an error can hold what a caller sent.
 */
export class PinoLogger implements LoggerService {
  private readonly pino: Pino;

  constructor({ level, format }: LogSettings, output: DestinationStream = destination({ fd: 1, sync: true })) {
    const stream = format === 'json' ? output : { write: (line: string) => output.write(readable(line)) };
    this.pino = pino(
      {
        level,
        base: null,
        timestamp: () => `,"time":"${new Date().toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
        redact: {
          paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
          censor: '[redacted]',
        },
      },
      stream,
    );
  }

  log(message: unknown, ...rest: unknown[]): void {
    const line = lineOf(message, rest);
    this.pino[WIRING.has(String(line.context)) ? 'debug' : 'info'](line);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.pino.error(lineOf(message, rest));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.pino.warn(lineOf(message, rest));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.pino.debug(lineOf(message, rest));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.pino.trace(lineOf(message, rest));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.pino.fatal(lineOf(message, rest));
  }
}

/** Nest passes the context last, and for an error its stack before that. */
function lineOf(message: unknown, rest: readonly unknown[]): Line {
  const context = typeof rest.at(-1) === 'string' ? (rest.at(-1) as string) : undefined;
  const stack = rest.length > 1 && typeof rest[0] === 'string' && rest[0].includes('\n') ? rest[0] : undefined;
  return {
    ...(context !== undefined && { context }),
    ...(message instanceof Error ? { error: errorOf(message) } : wide(message)),
    ...(stack !== undefined && { stack: placesOf(stack) }),
  };
}

function wide(message: unknown): Line {
  if (typeof message !== 'object' || message === null) return { text: String(message) };
  return Object.fromEntries(
    Object.entries(message).map(([name, value]) => [
      name,
      value instanceof Error ? errorOf(value) : (value as unknown),
    ]),
  );
}

function errorOf(error: Error, depth = 0): Line {
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    text: error.message,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(error.stack !== undefined && { stack: placesOf(error.stack) }),
    // Causes explain, but a chain of them must not fill the log.
    ...(error.cause instanceof Error && depth < 3 && { cause: errorOf(error.cause, depth + 1) }),
  };
}

/** Where, and not once more what: the first lines of a stack repeat the message. */
function placesOf(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 12)
    .map((line) => line.trim())
    .join('\n');
}

function readable(json: string): string {
  const { level, time, context, event, text, stack, error, ...rest } = JSON.parse(json) as Line & { error?: Line };
  const paint =
    { error: picocolors.red, fatal: picocolors.red, warn: picocolors.yellow }[String(level)] ?? picocolors.cyan;
  const fields = Object.entries(rest).map(([name, value]) => picocolors.dim(`${name}=${shown(value)}`));
  const failure = error ? [picocolors.red([error.name, error.text].filter(Boolean).join(': '))] : [];
  const head = [String(time).slice(11, 23), paint(String(level).padEnd(5)), context && picocolors.bold(shown(context))];
  const places = [stack, error?.stack].filter(Boolean).map((each) => `\n    ${shown(each).replaceAll('\n', '\n    ')}`);
  return `${[...head, event ?? text, event ? text : '', ...fields, ...failure].filter(Boolean).join(' ')}${places.join('')}\n`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
