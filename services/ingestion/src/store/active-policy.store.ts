import { Injectable } from '@nestjs/common';
import { type Policy, policyOf, readPolicy } from '@fairlead/decisions';
import { type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';

/** How long another process may go on with the policy before; the event itself takes about as long to travel. */
const TRUST_MS = 1_000;

@Injectable()
export class ActivePolicyStore {
  #cached: { policy: Policy | undefined; until: number } | undefined;

  constructor(private readonly units: UnitsOfWork) {}

  /** The policy that is active, remembered for a moment; undefined before the first. */
  async find(): Promise<Policy | undefined> {
    if (this.#cached && this.#cached.until > Date.now()) return this.#cached.policy;
    const [row] = await this.units.query<{ version: number; document: unknown }>(
      'SELECT version, document FROM active_policy',
    );
    const before = this.#cached?.policy;
    // Compiling a policy of 200 pools takes longer than reading it.
    const isSame = row && before?.version === row.version && before.name === (row.document as { name?: string }).name;
    const policy = isSame ? before : row && compile(row.document, row.version);
    this.#cached = { policy, until: Date.now() + TRUST_MS };
    return policy;
  }

  /**
   * Activations of one name keep their order, in Kafka and in the parking place. One that was parked says nothing of other names
   * that were activated since, and must not put them aside when somebody redrives it: that takes the times.
   * @param activation  `time` as its event has it, RFC 3339
   */
  async activate(unit: UnitOfWork, activation: { name: string; version: number; document: unknown; time: string }) {
    const { name, version, document, time } = activation;
    await unit.query(
      `INSERT INTO active_policy AS active (name, version, document, activated_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (one) DO UPDATE SET name = $1, version = $2, document = $3, activated_at = $4
       WHERE active.name = $1 OR active.activated_at <= $4`,
      [name, version, JSON.stringify(document), time],
    );
    unit.afterCommit(() => (this.#cached = undefined));
  }
}

function compile(document: unknown, version: number): Policy | undefined {
  const reading = readPolicy(document);
  // Checked before it was stored; one that this version of the code no longer understands asks for nothing.
  return reading.ok ? policyOf(reading.document, version) : undefined;
}
