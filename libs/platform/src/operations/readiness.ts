import { Injectable } from '@nestjs/common';

/** Names what is wrong in a few words without addresses or values, or returns undefined when all is well. */
export type Probe = () => Promise<string | undefined> | string | undefined;

export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly reason?: string;
    readonly remark?: string;
  }[];
}

/** A probe that takes longer has failed: the orchestrator that asks gives up after a few seconds as well. */
const PROBE_TIMEOUT_MS = 2_000;
/** Anybody may ask for readiness; this often at most, it costs a query. */
const REUSE_MS = 1_000;

/** What has to work for this process to do its part. Each service's messaging and every database adds a probe. */
@Injectable()
export class ReadinessProbes {
  private readonly probes = new Map<string, Probe>();
  private readonly remarks = new Map<string, () => string | undefined>();
  private last: { at: number; readiness: Promise<Readiness> } | undefined;

  add(name: string, probe: Probe): void {
    this.probes.set(name, probe);
  }

  /** What somebody should look at although the process does its part; shown while it returns something. */
  remark(name: string, remark: () => string | undefined): void {
    this.remarks.set(name, remark);
  }

  check(now = Date.now()): Promise<Readiness> {
    if (!this.last || now - this.last.at >= REUSE_MS) this.last = { at: now, readiness: this.run() };
    return this.last.readiness;
  }

  private async run(): Promise<Readiness> {
    const checks = await Promise.all(
      [...this.probes].map(async ([name, probe]) => {
        const reason = await inTime(probe);
        return { name, ok: reason === undefined, ...(reason !== undefined && { reason }) };
      }),
    );
    const remarks = [...this.remarks].flatMap(([name, remarkOn]) => {
      const remark = remarkOn();
      return remark === undefined ? [] : [{ name, ok: true, remark }];
    });
    return { ready: checks.every(({ ok }) => ok), checks: [...checks, ...remarks] };
  }
}

async function inTime(probe: Probe): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('no answer in time'), PROBE_TIMEOUT_MS);
  });
  try {
    return await Promise.race([Promise.resolve().then(probe), late]);
  } catch {
    // The error's text can hold an address; what failed is said by the probe's name.
    return 'failed';
  } finally {
    clearTimeout(timer);
  }
}
