// Colours, shape and images of a style, as somebody chooses them.
import type { AssetType, ColorSchemeModeType } from '@aws-sdk/client-cognito-identity-provider';
import Box from '@cloudscape-design/components/box';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FileInput from '@cloudscape-design/components/file-input';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Toggle from '@cloudscape-design/components/toggle';
import { useDo } from '../ask';
import { house } from '../aws';
import { Failed } from '../part/shown';
import { address, assetOf, imageOf, pictures, sampled, showing, takenKinds, withAsset, type Picture } from './images';
import { allColours, at, colourAt, colours, contrast, isColour, legible, put, putColour, type Colour, type Mode, type Tree } from './settings';

export interface Chosen {
  settings: Tree;
  assets: AssetType[];
}

interface Props extends Chosen {
  set: (next: Chosen) => void;
}

export function Colours({ settings, assets, mode, set }: Props & { mode: Mode }) {
  return (
    <SpaceBetween size="m">
      {colours.map((group) => (
        <div key={group.title}>
          <Box variant="h3" padding={{ bottom: 'xxs' }}>{group.title}</Box>
          <div className="colours">{group.list.map((c) => <One key={c.id} of={c} settings={settings} mode={mode} set={(text) => set({ assets, settings: putColour(settings, c, mode, text) })} />)}</div>
        </div>
      ))}
    </SpaceBetween>
  );
}

function One({ of: c, settings, mode, set }: { of: Colour; settings: Tree; mode: Mode; set: (text: string) => void }) {
  const value = colourAt(settings, c, mode);
  const ground = allColours.find((g) => g.id === c.on);
  const under = ground ? colourAt(settings, ground, mode) : '';
  const ratio = ground && isColour(value) && isColour(under) ? contrast(value, under) : undefined;
  return (
    <FormField
      label={c.text}
      errorText={isColour(value) ? undefined : 'Six or eight digits from 0 to f'}
      warningText={ratio !== undefined && ratio < legible ? `Hard to read: ${ratio.toFixed(1)} to 1 on ${ground?.text.toLowerCase()}; ${legible} is the least` : undefined}
    >
      <div className="colour">
        <input type="color" aria-label={`${c.text}, choose`} value={isColour(value) ? '#' + value.slice(0, 6) : '#000000'} onChange={(e) => set(e.target.value)} />
        <Input value={value} onChange={(e) => set(e.detail.value)} name={c.id} spellcheck={false} autoComplete={false} />
      </div>
    </FormField>
  );
}

const modes = [
  { value: 'DYNAMIC', label: "As the person's system", description: 'Light by day and dark by night, where it does that' },
  { value: 'LIGHT', label: 'Always light' },
  { value: 'DARK', label: 'Always dark' },
];
const places = [{ value: 'CENTER', label: 'In the middle' }, { value: 'START', label: 'At the start' }, { value: 'END', label: 'At the end' }];
const corners = [
  { path: 'components.form.borderRadius', text: 'Form' },
  { path: 'componentClasses.buttons.borderRadius', text: 'Buttons' },
  { path: 'componentClasses.input.borderRadius', text: 'Fields' },
];

export function Shape({ settings, assets, set }: Props) {
  const change = (path: string, value: unknown) => set({ assets, settings: put(settings, path, value) });
  const pick = (path: string, options: typeof modes | typeof places) => {
    const now = options.find((o) => o.value === at(settings, path)) ?? options[0] ?? null;
    return <Select selectedOption={now} options={options} onChange={(e) => change(path, e.detail.selectedOption.value)} expandToViewport />;
  };
  return (
    <SpaceBetween size="m">
      <FormField label="Light or dark">{pick('categories.global.colorSchemeMode', modes)}</FormField>
      <FormField label="Where the form stands">{pick('categories.form.location.horizontal', places)}</FormField>
      <Toggle checked={at(settings, 'categories.global.spacingDensity') === 'COMPACT'} onChange={(e) => change('categories.global.spacingDensity', e.detail.checked ? 'COMPACT' : 'REGULAR')}>Less space between things</Toggle>
      <div>
        <Box variant="h3" padding={{ bottom: 'xxs' }}>Round corners</Box>
        <div className="colours">
          {corners.map((c) => (
            <FormField key={c.path} label={c.text} constraintText="0 to 100 pixels">
              <Input type="number" value={String(at(settings, c.path) ?? '')} onChange={(e) => change(c.path, Math.min(100, Math.max(0, Number(e.detail.value) || 0)))} name={c.path} autoComplete={false} />
            </FormField>
          ))}
        </div>
      </div>
    </SpaceBetween>
  );
}

export function Images(p: Props) {
  return <SpaceBetween size="l">{pictures.map((one) => <OnePicture key={one.category} of={one} {...p} />)}</SpaceBetween>;
}

function OnePicture({ of: p, settings, assets, set }: Props & { of: Picture }) {
  const look = useDo();
  const upload = async (mode: ColorSchemeModeType, file: File | undefined) => {
    if (!file) return;
    const asset = await assetOf(file, p.category, mode);
    // What the server would not take is not taken here either, and it says why.
    if (!(await look.run(() => house('sample', {}, { page: 'signin', settings: {}, assets: [sampled(asset)] })))) return;
    // The first image is for both, until the other mode gets its own.
    const first = !assets.some((a) => a.Category === p.category);
    set({ settings: showing(settings, p), assets: withAsset(assets, first ? { ...asset, ColorMode: 'DYNAMIC' } : asset) });
  };
  const shade = (mode: ColorSchemeModeType, text: string) => {
    const now = imageOf(assets, p.category, mode);
    return (
      <div className="picked">
        <div className={`thumb ${mode.toLowerCase()}`}>{now ? <img src={address(now)} alt={`${p.text}, ${text}`} /> : <span>none</span>}</div>
        <FileInput value={[]} accept={p.category === 'FAVICON_SVG' ? 'image/svg+xml' : takenKinds} onChange={(e) => void upload(mode, e.detail.value[0])} ariaLabel={`Upload ${p.text.toLowerCase()} for ${text} pages`}>{text === 'light' ? 'Light' : 'Dark'}</FileInput>
      </div>
    );
  };
  const there = assets.some((a) => a.Category === p.category);
  return (
    <div>
      <Box variant="h3">{p.text}</Box>
      <Box color="text-body-secondary" fontSize="body-s" padding={{ bottom: 'xs' }}>{p.about} At most a megabyte.</Box>
      <div className="pickeds">{shade('LIGHT', 'light')}{shade('DARK', 'dark')}</div>
      <Failed fault={look.fault} />
      {p.shown && there && <Box padding={{ top: 'xs' }}><Toggle checked={at(settings, p.shown) === true} onChange={(e) => set({ assets, settings: put(settings, p.shown ?? '', e.detail.checked) })}>Show it</Toggle></Box>}
    </div>
  );
}

/** What of a style cannot be saved yet; empty: nothing. */
export function wrong({ settings }: Chosen): string[] {
  return (['lightMode', 'darkMode'] as const).flatMap((mode) => allColours.filter((c) => !isColour(colourAt(settings, c, mode))).map((c) => c.text));
}

export function Raw({ settings }: { settings: Tree }) {
  return (
    <ExpandableSection headerText="All settings, as they are sent" variant="footer">
      <StatusIndicator type="info" colorOverride="grey">What is not offered above can be set with the AWS CLI and stays as it is here.</StatusIndicator>
      <div className="code" tabIndex={0} role="region" aria-label="Settings"><pre><code>{JSON.stringify(settings, null, 2)}</code></pre></div>
    </ExpandableSection>
  );
}
