import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  RouterProvider,
} from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { firstScreens } from './begin.js';
import { type FigureChoice, readFigureChoice } from './charts/figure-choice.js';
import { type DeliveryFilter, readDeliveryFilter } from './screens/delivery-filter.js';
import { type KeysOf, readKeysOf } from './screens/partner-keys.js';
import { type LeadFilter, readLeadFilter } from './screens/lead-filter.js';
import { type ParkedFilter, readParkedFilter } from './screens/parked-filter.js';
import { type LeadChoice, readLeadChoice } from './screens/lead-choice.js';
import { type LikeForLikeChoice, readLikeForLikeChoice } from './screens/like-for-like-choice.js';
import { readOverviewChoice } from './screens/overview-choice.js';
import { type Period, readPeriod } from './screens/period.js';
import { type PolicyChoice, readPolicyChoice } from './screens/policy-choice.js';
import { readScorecardChoice, type ScorecardChoice } from './screens/scorecard-choice.js';
import { NothingHere, Shell } from './shell/shell.js';
import { type Session, Signed, useSession } from './shell/session.js';
import { SignIn } from './shell/sign-in.js';

const root = createRootRoute({ component: Shell, notFoundComponent: NothingHere });

const Overview = lazyRouteComponent(firstScreens.overview, 'Overview');
const Today = lazyRouteComponent(firstScreens.today, 'Today');

/** The vendor looks after all leads first, and a partner after its own. */
function First() {
  const { partner } = useSession();
  return partner === null ? <Overview /> : <Today />;
}

/** One line for each screen: its address, what its address remembers, and where it is. Each is loaded when it is first looked at. */
const routes = root.addChildren([
  createRoute({
    getParentRoute: () => root,
    path: '/',
    // What it may hold is said by its screen: said here, the router would take it for part of every other address.
    validateSearch: (search): any => readOverviewChoice(search),
    component: First,
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/leads',
    validateSearch: (search): LeadFilter => readLeadFilter(search),
    component: lazyRouteComponent(() => import('./screens/leads.js'), 'Leads'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/leads/$leadId',
    validateSearch: (search): LeadChoice => readLeadChoice(search),
    component: lazyRouteComponent(() => import('./screens/lead.js'), 'Lead'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/promise',
    validateSearch: (search): Period & FigureChoice => ({ ...readPeriod(search), ...readFigureChoice(search) }),
    component: lazyRouteComponent(() => import('./screens/promise.js'), 'PromiseAndReality'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/like-for-like',
    validateSearch: (search): LikeForLikeChoice => readLikeForLikeChoice(search),
    component: lazyRouteComponent(() => import('./screens/like-for-like.js'), 'LikeForLike'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/scorecards',
    validateSearch: (search): ScorecardChoice & FigureChoice => ({
      ...readScorecardChoice(search),
      ...readFigureChoice(search),
    }),
    component: lazyRouteComponent(() => import('./screens/scorecards.js'), 'Scorecards'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/policies',
    validateSearch: (search): PolicyChoice => readPolicyChoice(search),
    component: lazyRouteComponent(() => import('./screens/policies.js'), 'Policies'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/deliveries',
    validateSearch: (search): DeliveryFilter => readDeliveryFilter(search),
    component: lazyRouteComponent(() => import('./screens/deliveries.js'), 'Deliveries'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/parked',
    validateSearch: (search): ParkedFilter => readParkedFilter(search),
    component: lazyRouteComponent(() => import('./screens/parked.js'), 'Parked'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/keys',
    validateSearch: (search): KeysOf => readKeysOf(search),
    component: lazyRouteComponent(() => import('./screens/keys.js'), 'Keys'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/verify',
    validateSearch: (search): { index?: number } => {
      const index = Number(search['index']);
      return Number.isSafeInteger(index) && index >= 0 ? { index } : {};
    },
    component: lazyRouteComponent(() => import('./screens/verify.js'), 'Verify'),
  }),
]);

const router = createRouter({ routeTree: routes, history: createHashHistory(), defaultPreload: 'intent' });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

/** Until the screen in the address is here. Drawn without it, the page would wait with it for another third of a second, lest it should flicker. */
async function untilHere({ partner }: Session): Promise<void> {
  await router.load();
  if (router.state.location.pathname === '/') await (partner === null ? Overview : Today).preload?.();
}

/** A one-time link stands behind the `#`, where no server and no log sees it; once used, it is gone from the address too. */
function linkInAddress(): string | undefined {
  return /^#\/enter\/(fll_[A-Za-z0-9_-]+)$/.exec(window.location.hash)?.[1];
}

export function Console() {
  const [link, setLink] = useState(linkInAddress);
  // A link may also be put into the address of a page that is open: only what is behind the `#` changes then, and nothing is loaded anew.
  useEffect(() => {
    const look = () => setLink(linkInAddress());
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, []);
  const entered = () => {
    setLink(undefined);
    void router.navigate({ to: '/', replace: true });
  };
  if (link !== undefined) return <SignIn key={link} link={link} entered={entered} />;
  return (
    <Signed
      untilHere={untilHere}
      inside={<RouterProvider router={router} />}
      outside={(error, retry) => <SignIn error={error} retry={retry} />}
    />
  );
}
