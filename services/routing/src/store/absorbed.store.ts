import { Injectable } from '@nestjs/common';
import type { UnitOfWork } from '@fairlead/messaging';

/** Leads that were made one with another, which survives; also those about which nothing was decided yet. */
@Injectable()
export class AbsorbedStore {
  add(unit: UnitOfWork, leadIds: readonly string[]): void {
    unit.write('INSERT INTO absorbed (lead_id) SELECT DISTINCT unnest($1::uuid[]) ON CONFLICT DO NOTHING', [leadIds]);
  }

  remove(unit: UnitOfWork, leadIds: readonly string[]): void {
    unit.write('DELETE FROM absorbed WHERE lead_id = ANY($1::uuid[])', [leadIds]);
  }
}
