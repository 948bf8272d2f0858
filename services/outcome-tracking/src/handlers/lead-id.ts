export const LEAD_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What is no lead's id is no lead: it is looked up nowhere. */
export function isLeadId(text: string): boolean {
  return LEAD_ID.test(text);
}
