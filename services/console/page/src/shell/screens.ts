import type { Session } from './session.js';

export interface ScreenEntry {
  readonly to: string;
  readonly name: string;
  /** The question that it answers. */
  readonly asks: string;
  readonly roles: readonly Session['role'][];
  /** Of what its figures are: of days that one chooses, or of a quarter. */
  readonly period?: 'days' | 'quarter';
}

const everybody = ['admin', 'manager', 'auditor', 'partner'] as const;
const partners = ['partner'] as const;
/** The log names all partners, and is for the vendor and its auditors. */
const vendor = ['admin', 'manager', 'auditor'] as const;
const managers = ['admin', 'manager'] as const;

/** What there is to look at, in the order in which one asks. */
export const screens: readonly ScreenEntry[] = [
  { to: '/', name: 'Overview', asks: 'Is it flowing, and what needs me?', roles: vendor },
  { to: '/', name: 'Today', asks: 'What needs me now?', roles: partners },
  { to: '/leads', name: 'Leads', asks: 'Where is this lead, and why?', roles: everybody },
  {
    to: '/promise',
    name: 'Promise and reality',
    asks: 'Did each side get what it was promised?',
    roles: everybody,
    period: 'days',
  },
  {
    to: '/like-for-like',
    name: 'Like for like',
    asks: 'Who is better, with the same leads?',
    roles: everybody,
    period: 'days',
  },
  {
    to: '/scorecards',
    name: 'Scorecards',
    asks: 'What did each promise the other, and keep?',
    roles: everybody,
    period: 'quarter',
  },
  { to: '/policies', name: 'Policy', asks: 'Who should get which leads, and what would change?', roles: vendor },
  {
    to: '/deliveries',
    name: 'Deliveries',
    asks: 'What was sent to a partner’s server, and did it arrive?',
    roles: ['admin', 'manager', 'partner'],
  },
  { to: '/parked', name: 'Parked', asks: 'What could not be processed, and can it be now?', roles: managers },
  { to: '/verify', name: 'Verify', asks: 'Can I prove it myself?', roles: vendor },
  { to: '/keys', name: 'Keys', asks: 'Which programs and people speak for a partner?', roles: ['admin', 'partner'] },
];

export function screensFor(role: Session['role']): readonly ScreenEntry[] {
  return screens.filter(({ roles }) => roles.includes(role));
}
