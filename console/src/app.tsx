// The frame: who is signed in, where things are, and the page that the address names. Pages are loaded when they are first opened.
import AppLayout from '@cloudscape-design/components/app-layout';
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group';
import SideNavigation, { type SideNavigationProps } from '@cloudscape-design/components/side-navigation';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import TopNavigation from '@cloudscape-design/components/top-navigation';
import { Suspense, useEffect, useState, type ReactNode } from 'react';
import { useAsk } from './ask';
import { about as tell, type About } from './aws';
import { choose, look, type Look } from './look';
import mark from './mark.svg';
import { NoticeBar, NoticesHere } from './part/notices';
import { pageAt, type Crumb } from './pages';
import { AboutHere } from './part/about';
import { Broken } from './part/broken';
import { Idle } from './part/idle';
import { pools, tops } from './rooms';
import { href, usePlace, type Place } from './route';
import { SignIn } from './page/signin';
import { leave, useSession, type Session } from './session';
import { pages } from './workspace/pages';

export function App() {
  const { session, reason } = useSession();
  if (!session) return <SignIn reason={reason} />;
  return (
    <NoticesHere>
      <Frame session={session} />
      <Idle />
    </NoticesHere>
  );
}

function Frame({ session }: { session: Session }) {
  const place = usePlace();
  const about = useAsk(tell, [session]);
  const [open, setOpen] = useState(() => matchMedia('(min-width: 912px)').matches);
  const [chosen, setChosen] = useState<Look>(look());
  const page = pageAt(place);
  const key = place.path.join('/');
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [key]);

  const looks: { id: Look; text: string }[] = [
    { id: 'system', text: 'As the system' },
    { id: 'light', text: 'Light' },
    { id: 'dark', text: 'Dark' },
  ];
  return (
    <>
      <a className="skip" href="#main" onClick={(e) => { e.preventDefault(); document.querySelector<HTMLElement>('main')?.focus(); }}>Skip to the page</a>
      <div id="top">
        <TopNavigation
          identity={{ href: '#/', title: 'Cognate', logo: { src: mark, alt: '' } }}
          i18nStrings={{ overflowMenuTriggerText: 'More', overflowMenuTitleText: 'All' }}
          utilities={[
            {
              type: 'menu-dropdown',
              iconName: 'settings',
              ariaLabel: 'Appearance',
              title: 'Appearance',
              items: looks.map((l) => ({ id: l.id, text: l.text, itemType: 'checkbox' as const, checked: chosen === l.id })),
              onItemClick: (e) => {
                choose(e.detail.id as Look);
                setChosen(e.detail.id as Look);
              },
            },
            {
              type: 'menu-dropdown',
              iconName: 'user-profile',
              text: session.accessKeyId,
              description: session.region,
              items: [{ id: 'out', text: 'Sign out' }],
              onItemClick: () => leave(),
            },
          ]}
        />
      </div>
      <AboutHere.Provider value={about.data}>
        <AppLayout
          headerSelector="#top"
          navigationOpen={open}
          onNavigationChange={(e) => setOpen(e.detail.open)}
          navigation={<Nav place={place} about={about.data} />}
          breadcrumbs={page.crumbs.length > 1 ? <Crumbs crumbs={page.crumbs} /> : undefined}
          notifications={<NoticeBar />}
          toolsHide
          stickyNotifications
          ariaLabels={{ navigation: 'Console', navigationClose: 'Close navigation', navigationToggle: 'Open navigation', notifications: 'Notices' }}
          content={<Broken key={key}><Waiting>{page.content}</Waiting></Broken>}
        />
      </AboutHere.Provider>
    </>
  );
}

function Waiting({ children }: { children: ReactNode }) {
  return <Suspense fallback={<StatusIndicator type="loading">Opening</StatusIndicator>}>{children}</Suspense>;
}

function Crumbs({ crumbs }: { crumbs: Crumb[] }) {
  return <BreadcrumbGroup ariaLabel="Where you are" items={crumbs.map((c) => ({ text: c.text, href: c.path ? href(c.path) : '#' }))} />;
}

function Nav({ place, about }: { place: Place; about: About | undefined }) {
  const [top, name] = place.path;
  const inside = name !== undefined && name !== 'new';
  const rooms = top === 'workspaces' ? pages.filter((p) => !p.regular || name !== 'system').map((p) => ({ text: p.text, path: p.path ? [p.path] : [] })) : pools;
  const below = (kind: string): SideNavigationProps.Item[] =>
    top === kind && inside ? [{ type: 'section-group', title: name, items: rooms.map((s) => ({ type: 'link', text: s.text, href: href([kind, name, ...s.path]) })) }] : [];
  const items: SideNavigationProps.Item[] = [
    { type: 'link', text: 'User pools', href: href(['pools']) },
    ...below('pools'),
    { type: 'link', text: 'Workspaces', href: href(['workspaces']) },
    ...below('workspaces'),
    ...tops.flatMap((group): SideNavigationProps.Item[] => [{ type: 'divider' }, ...group.map((t) => ({ type: 'link' as const, text: t.text, href: href(t.path) }))]),
    ...(about?.mailbox ? [{ type: 'divider' as const }, { type: 'link' as const, text: 'Mailbox', href: about.mailbox, external: true }] : []),
  ];
  const active = inside && (top === 'pools' || top === 'workspaces') ? href([top, ...place.path.slice(1, 3)]) : href(place.path.slice(0, 1));
  return <SideNavigation header={{ text: 'Console', href: '#/' }} items={items} activeHref={active} />;
}
