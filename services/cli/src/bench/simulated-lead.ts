import { randomUUID } from 'node:crypto';

export const countries = ['DE', 'FR', 'AT', 'CH', 'NL', 'SE', 'GB', 'US'];
const industries = ['manufacturing', 'retail', 'logistics', 'healthcare', 'software'];

/** A lead as a form sends it. No two are the same person; five thousand companies send all of them. */
export function simulatedLead(number: number): object {
  const tag = randomUUID().slice(0, 8);
  return {
    source: 'bench',
    externalId: `bench-${number}-${tag}`,
    firstName: 'Bench',
    lastName: `Lead ${number}`,
    email: `lead-${number}-${tag}@company-${number % 5_000}.example`,
    company: `Company ${number % 5_000}`,
    country: countries[number % countries.length],
    industry: industries[number % industries.length],
    employees: [20, 120, 600, 2_500][number % 4],
    product: 'cloud',
    consent: true,
    engagement: { pageViews: number % 30, emailClicks: number % 7 },
  };
}
