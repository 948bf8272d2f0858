import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Path, Reading, Warning } from '@fairlead/decisions';

export class WarningView {
  @ApiProperty({ description: 'JSON Pointer into the document.' }) path: string;
  @ApiPropertyOptional({ type: 'integer', description: 'From 1, where the document was sent as YAML.' }) line?: number;
  @ApiProperty() kind: string;
  @ApiProperty({ description: 'A sentence.' }) detail: string;
}

/** More than a person reads in one go; the worst come with the first pools as well as with the last. */
const MAX_WARNINGS = 100;

/** Warnings by line, where there are lines, otherwise in the order of the document. */
export function shownWarnings(
  warnings: readonly Warning[],
  lineOf?: (path: Path) => number | undefined,
): WarningView[] {
  return warnings
    .map(({ path, kind, detail }) => {
      const line = lineOf?.(path);
      return { path: pointerTo(path), ...(line !== undefined && { line }), kind, detail };
    })
    .toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))
    .slice(0, MAX_WARNINGS);
}

/** The same reader, which also notes where the lines of what it read are. */
export function notingLines<T>(read: (source: unknown) => Reading<T>): {
  readonly read: (source: unknown) => Reading<T>;
  readonly lineOf: (path: Path) => number | undefined;
} {
  let lines: ((path: Path) => number | undefined) | undefined;
  return {
    read: (source) => {
      const reading = read(source);
      if (reading.ok) lines = reading.lineOf;
      return reading;
    },
    lineOf: (path) => lines?.(path),
  };
}

function pointerTo(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
