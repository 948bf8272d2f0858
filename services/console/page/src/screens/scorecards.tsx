import { Select, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { api, dataOf } from '../api/client.js';
import { readFigureChoice } from '../charts/figure-choice.js';
import { Loaded } from '../shell/notes.js';
import { useSession } from '../shell/session.js';
import { quoted } from '../words/quoted.js';
import { daysOf, type Quarter, quarterAt, quartersUntil, tellQuarter } from '../words/quarters.js';
import { AsOf } from './as-of.js';
import { OneScorecard } from './scorecard.js';
import { readScorecardChoice, type ScorecardChoice } from './scorecard-choice.js';
import { PartyChoice } from './party-choice.js';

const route = getRouteApi('/scorecards');

/** Two years: longer ago there were other people. An older one can still be asked for by its address. */
const QUARTERS = 8;

/** What a partner and the vendor promised each other and kept, quarter by quarter. */
export function Scorecards() {
  const { partner } = useSession();
  return partner === null ? <OfAnyParty /> : <Own partner={partner} />;
}

function OfAnyParty() {
  const [choice, change] = useChoice();
  return (
    <PartyChoice
      asked={choice.party}
      choose={(party) => change({ party })}
      beside={<QuarterChoice quarter={choice.quarter} choose={(quarter) => change({ quarter })} />}
    >
      {(party, name) => <OfQuarter party={party} name={name} quarter={choice.quarter} />}
    </PartyChoice>
  );
}

function Own({ partner }: { partner: string }) {
  const [{ quarter }, change] = useChoice();
  const own = useQuery({
    queryKey: ['partner', partner],
    queryFn: () => dataOf(api.GET('/v1/partners/{partnerId}', { params: { path: { partnerId: partner } } })),
  });
  return (
    <Stack gap="lg">
      <QuarterChoice quarter={quarter} choose={(chosen) => change({ quarter: chosen })} />
      <Loaded query={own} height={480}>
        {({ name }) => <OfQuarter party={partner} name={name} quarter={quarter} />}
      </Loaded>
    </Stack>
  );
}

function useChoice(): [ScorecardChoice, (changed: ScorecardChoice) => void] {
  const choice = route.useSearch();
  const navigate = useNavigate();
  const change = (changed: ScorecardChoice) =>
    void navigate({
      to: '/scorecards',
      search: { ...readScorecardChoice({ ...choice, ...changed }), ...readFigureChoice({ ...choice }) },
      replace: true,
    });
  return [choice, change];
}

function QuarterChoice({ quarter, choose }: { quarter: Quarter | undefined; choose: (quarter: Quarter) => void }) {
  const chosen = quarter ?? quarterAt(Date.now());
  const recent = quartersUntil(quarterAt(Date.now()), QUARTERS);
  return (
    <Select
      label="Quarter (UTC)"
      className="no-print"
      allowDeselect={false}
      data={recent.includes(chosen) ? recent : [chosen, ...recent]}
      value={chosen}
      onChange={(value) => choose(value as Quarter)}
      w={160}
    />
  );
}

function OfQuarter({
  party,
  name,
  quarter = quarterAt(Date.now()),
}: {
  party: string;
  name: string;
  quarter: Quarter | undefined;
}) {
  const { from, to } = daysOf(quarter);
  const card = useQuery({
    queryKey: ['scorecard', party, quarter],
    queryFn: () =>
      dataOf(
        api.GET('/v1/partners/{partnerId}/scorecard', {
          params: { path: { partnerId: party }, query: { from, to } as never },
        }),
      ),
  });
  return (
    <Loaded query={card} height={480}>
      {(shown) => (
        <>
          <OneScorecard card={shown} name={name} when={tellQuarter(quarter)} />
          <AsOf
            asOf={shown.asOf}
            who="Whoever may see it"
            commands={[`fairlead scorecard ${quoted(party)} --from ${from} --to ${to}`]}
          />
        </>
      )}
    </Loaded>
  );
}
