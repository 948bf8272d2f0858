/** The master key cannot be used; the message says what to do and holds nothing of the key. */
export class MasterKeyUnusable extends Error {
  override readonly name = 'MasterKeyUnusable';
}

/** There is no key for this lead although it was never erased: the key store is the wrong one, or has lost rows. An alarm. */
export class LeadKeyMissing extends Error {
  override readonly name = 'LeadKeyMissing';

  constructor(readonly leadId: string) {
    super(`no key for lead ${leadId}, which was never erased`);
  }
}

/** What was sealed is not what is there: changed, moved to another event or lead, or wrapped by another master key. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';

  constructor(readonly leadId: string) {
    super(`the sealed data of lead ${leadId} does not fit its event, its field or its key`);
  }
}

/** Whether what was to be opened cannot be, because of the key of this very lead: others may still be opened. */
export function isUnopenable(error: unknown): error is LeadKeyMissing | SealBroken | MasterKeyUnusable {
  return error instanceof LeadKeyMissing || error instanceof SealBroken || error instanceof MasterKeyUnusable;
}

/** Something new was to be sealed for a lead whose personal data has been erased. */
export class LeadWasErased extends Error {
  override readonly name = 'LeadWasErased';

  constructor(readonly leadId: string) {
    super(`lead ${leadId} was erased; nothing can be sealed for it any more`);
  }
}
