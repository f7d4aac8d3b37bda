// The sign-in page as the settings would have it that are being chosen: the server renders it, and nothing is saved.
import type { AssetType } from '@aws-sdk/client-cognito-identity-provider';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useEffect, useRef, useState } from 'react';
import { house } from '../aws';
import { mind, type Fault } from '../fault';
import { Failed } from '../part/shown';
import { sampled } from './images';
import type { Mode, Tree } from './settings';

interface Sample {
  html: string;
  css: string;
}

// One question at a time, and the newest next: somebody who drags through a colour asks often.
function useSample(question: object): { sample: Sample | undefined; fault: Fault | undefined } {
  const [state, set] = useState<{ sample?: Sample; fault?: Fault }>({});
  const wanted = useRef('');
  const busy = useRef(false);
  const text = JSON.stringify(question);
  useEffect(() => {
    wanted.current = text;
    if (busy.current) return;
    busy.current = true;
    void (async () => {
      for (let asked = ''; asked !== wanted.current; ) {
        asked = wanted.current;
        try {
          const sample = await house<Sample>('sample', {}, JSON.parse(asked));
          set({ sample });
        } catch (e) {
          set((was) => ({ ...was, fault: mind(e) }));
        }
      }
      busy.current = false;
    })();
  }, [text]);
  return { sample: state.sample, fault: state.fault };
}

// The page stands in a frame of its own, which has no address: scripts and styles of the page are left out, and its style comes in by
// way of the document, so that the policy of the console stays as strict as it is.
function paint(frame: HTMLIFrameElement, { html, css }: Sample) {
  const doc = frame.contentDocument;
  const inside = frame.contentWindow as (Window & { CSSStyleSheet: typeof CSSStyleSheet }) | null;
  if (!doc || !inside) return;
  const page = new DOMParser().parseFromString(html, 'text/html');
  for (const n of page.querySelectorAll('script, link, meta, base')) n.remove();
  for (const n of page.querySelectorAll('[autofocus]')) n.removeAttribute('autofocus'); // the keyboard stays where somebody types
  for (const n of page.querySelectorAll('img')) n.loading = 'eager';
  doc.replaceChild(doc.importNode(page.documentElement, true), doc.documentElement);
  const sheet = new inside.CSSStyleSheet();
  sheet.replaceSync(css);
  doc.adoptedStyleSheets = [sheet];
}

const pages = [{ id: 'signin', text: 'Sign in' }, { id: 'signup', text: 'Sign up' }, { id: 'code', text: 'Code' }];

export function Preview({ settings, assets, mode }: { settings: Tree; assets: AssetType[]; mode: Mode }) {
  const [page, setPage] = useState('signin');
  const [width, setWidth] = useState('wide');
  const frame = useRef<HTMLIFrameElement>(null);
  const { sample, fault } = useSample({
    page, settings, mode: mode === 'darkMode' ? 'dark' : 'light',
    assets: assets.map(sampled),
  });
  useEffect(() => {
    if (sample && frame.current) paint(frame.current, sample);
  }, [sample]);
  return (
    <Container header={<Header variant="h2" description="As it would be; nothing is saved yet.">Preview</Header>}>
      <SpaceBetween size="s">
        <SpaceBetween direction="horizontal" size="s">
          <SegmentedControl label="Page" selectedId={page} options={pages} onChange={(e) => setPage(e.detail.selectedId)} />
          <SegmentedControl label="Width" selectedId={width} options={[{ id: 'wide', text: 'Wide' }, { id: 'phone', text: 'Telephone' }]} onChange={(e) => setWidth(e.detail.selectedId)} />
        </SpaceBetween>
        <Failed fault={fault} />
        <div className="preview"><iframe ref={frame} className={width} title="Preview of the page" inert data-ready={sample ? 'yes' : 'no'} /></div>
      </SpaceBetween>
    </Container>
  );
}
