import {
  Anchor,
  AppShell,
  Badge,
  Burger,
  Button,
  Container,
  Group,
  Image,
  Kbd,
  Menu,
  NavLink,
  Stack,
  Table,
  Text,
  Title,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { Dialog } from './dialog.js';
import { EmptyNote } from './notes.js';
import { PrintFooter } from './print-footer.js';
import { useLightPrint } from './printing.js';
import mark from './mark.svg';
import { screensFor } from './screens.js';
import { end, useSession } from './session.js';

/** The keys of the first ten screens, as they lie on a keyboard. */
const DIGITS = [...'1234567890'];

/** The next row of what the screen lists, or the one before: its first link or button, on which Enter does what it always does. */
function step(screen: HTMLElement | null, by: 1 | -1): void {
  // One that only has the rows in sight goes through them by itself.
  if (!screen || document.querySelector('[role="dialog"]') || screen.querySelector('[role="grid"]')) return;
  const rows = [...screen.querySelectorAll<HTMLElement>('tbody tr, li')].flatMap(
    (row) => row.querySelector<HTMLElement>('a[href], button:not(:disabled)') ?? [],
  );
  const here = rows.findIndex((each) => each.closest('tr, li')?.contains(document.activeElement));
  const next = here < 0 ? (by > 0 ? 0 : rows.length - 1) : here + by;
  rows[Math.min(Math.max(next, 0), rows.length - 1)]?.focus();
}

/** The frame around every screen: where one is, where one can go, and who one is. */
export function Shell() {
  const session = useSession();
  const [menu, { toggle, close }] = useDisclosure();
  const [help, { open: showHelp, close: hideHelp }] = useDisclosure();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const main = useRef<HTMLElement>(null);
  const entries = screensFor(session.role);
  const here = entries.findLast(({ to }) => (to === '/' ? pathname === '/' : pathname.startsWith(to)));

  // A screen that opens is where the reader goes on, with eyes or with a screen reader.
  useEffect(() => {
    document.title = here ? `${here.name} · Fairlead` : 'Fairlead';
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    close();
  }, [pathname, here, close]);
  useLightPrint();
  const find = async () => {
    // Where the list is looked at already, what it is narrowed to stays.
    if (pathname !== '/leads') await navigate({ to: '/leads' });
    document.getElementById('search')?.focus();
  };
  useHotkeys([
    ['/', () => void find()],
    ['shift+/', showHelp],
    ['?', showHelp],
    ['j', () => step(main.current, 1)],
    ['k', () => step(main.current, -1)],
    ...entries
      .slice(0, DIGITS.length)
      .map(({ to }, at): [string, () => void] => [DIGITS[at] ?? '', () => void navigate({ to })]),
  ]);

  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 216, breakpoint: 'sm', collapsed: { mobile: !menu } }}
      padding="md"
    >
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={menu} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Screens" />
            <Image src={mark} w={26} h={26} alt="" />
            <Text fw={650}>Fairlead</Text>
          </Group>
          <Account showHelp={showHelp} />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Screens">
        {entries.map(({ to, name }) => (
          <NavLink
            key={to}
            component={Link}
            to={to}
            label={name}
            active={to === here?.to}
            aria-current={to === here?.to ? 'page' : undefined}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main>
        <Container size="lg" px={0} component="div" tabIndex={-1} ref={main as never} style={{ outline: 'none' }}>
          <Stack gap="lg">
            {here ? (
              <div>
                <Title order={1} size="h2">
                  {here.name}
                </Title>
                <Text c="dimmed">{here.asks}</Text>
              </div>
            ) : null}
            {/* What somebody’s role has no screen for is not asked for either. */}
            {here ? <Outlet /> : <NothingHere />}
            <PrintFooter period={here?.period} />
          </Stack>
        </Container>
      </AppShell.Main>
      <Help opened={help} close={hideHelp} screens={entries.map(({ name }) => name)} />
    </AppShell>
  );
}

function Account({ showHelp }: { showHelp: () => void }) {
  const session = useSession();
  const queries = useQueryClient();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const leave = useMutation({
    mutationFn: end,
    onSettled: () => {
      queries.clear();
      window.location.reload();
    },
  });
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <Button
          variant="default"
          size="compact-md"
          rightSection={
            <Badge size="sm" variant="light" visibleFrom="xs">
              {session.role}
            </Badge>
          }
        >
          {session.partner ?? 'Vendor'}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Key {session.keyId}</Menu.Label>
        {(['auto', 'light', 'dark'] as const).map((scheme) => (
          <Menu.Item key={scheme} onClick={() => setColorScheme(scheme)} aria-current={scheme === colorScheme}>
            {{ auto: 'Light or dark as the system', light: 'Light', dark: 'Dark' }[scheme]}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={showHelp}>Keyboard</Menu.Item>
        <Menu.Item component="a" href="/docs">
          API page
        </Menu.Item>
        <Menu.Item onClick={() => leave.mutate()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Help({ opened, close, screens }: { opened: boolean; close: () => void; screens: readonly string[] }) {
  const keys: [string, string][] = [
    ['/', 'search for a lead'],
    ['j  k', 'next and previous in a list'],
    ['Enter', 'open what is chosen'],
    ...screens.slice(0, DIGITS.length).map((name, at): [string, string] => [DIGITS[at] ?? '', name]),
    ['?', 'this'],
  ];
  return (
    <Dialog opened={opened} close={close} title="Keyboard">
      <Table aria-label="Keys">
        <Table.Tbody>
          {keys.map(([key, does]) => (
            <Table.Tr key={key}>
              <Table.Td>
                <Kbd>{key}</Kbd>
              </Table.Td>
              <Table.Td>{does}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Dialog>
  );
}

export function NothingHere() {
  return (
    <EmptyNote title="Not found">
      There is no such screen.{' '}
      <Anchor component={Link} to="/">
        The first one
      </Anchor>{' '}
      is always there.
    </EmptyNote>
  );
}
