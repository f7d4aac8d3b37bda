// The settings of a style as Cognito has them: a tree of members, with colours as rrggbbaa.

export type Tree = { [name: string]: Tree | unknown };
export type Mode = 'lightMode' | 'darkMode';

const isTree = (x: unknown): x is Tree => typeof x === 'object' && x !== null && !Array.isArray(x);

/** The value at a path of names; undefined where there is none. */
export function at(tree: Tree, path: string): unknown {
  let node: unknown = tree;
  for (const name of path.split('.')) node = isTree(node) ? node[name] : undefined;
  return node;
}

/** The tree with another value at a path. */
export function put(tree: Tree, path: string, value: unknown): Tree {
  const [name = '', ...rest] = path.split('.');
  const below = tree[name];
  return { ...tree, [name]: rest.length === 0 ? value : put(isTree(below) ? below : {}, rest.join('.'), value) };
}

/** What of a tree is other than in the one before: what a change has to send. */
export function changed(before: Tree, after: Tree): Tree {
  const out: Tree = {};
  for (const [name, value] of Object.entries(after)) {
    const was = before[name];
    if (isTree(value) && isTree(was)) {
      const inner = changed(was, value);
      if (Object.keys(inner).length > 0) out[name] = inner;
    } else if (JSON.stringify(value) !== JSON.stringify(was)) out[name] = value;
  }
  for (const name of Object.keys(before)) if (!(name in after)) out[name] = null; // RFC 7396: back to the default
  return out;
}

/** A colour that somebody can choose, and where settings have it. What hangs on it is made of it. */
export interface Colour {
  id: string;
  text: string;
  paths: string[];
  /** Made a little stronger there, for a pointer above it, and more for a press. */
  stronger?: string[];
  /** On what it has to be read: another colour's id. */
  on?: string;
}

const button = (state: string, what: string) => `components.primaryButton.MODE.${state}.${what}`;

export const colours: { title: string; list: Colour[] }[] = [
  {
    title: 'Page',
    list: [
      { id: 'ground', text: 'Background', paths: ['components.pageBackground.MODE.color'] },
      { id: 'card', text: 'Form', paths: ['components.form.MODE.backgroundColor'] },
      { id: 'edge', text: 'Edge of the form', paths: ['components.form.MODE.borderColor'] },
    ],
  },
  {
    title: 'Text',
    list: [
      { id: 'heading', text: 'Heading', paths: ['components.pageText.MODE.headingColor'], on: 'card' },
      { id: 'body', text: 'Text', paths: ['components.pageText.MODE.bodyColor', 'components.pageText.MODE.descriptionColor', 'componentClasses.inputDescription.MODE.textColor'], on: 'card' },
      { id: 'label', text: 'Labels', paths: ['componentClasses.inputLabel.MODE.textColor'], on: 'card' },
      { id: 'link', text: 'Links', paths: ['componentClasses.link.MODE.defaults.textColor'], stronger: ['componentClasses.link.MODE.hover.textColor'], on: 'card' },
    ],
  },
  {
    title: 'Buttons and fields',
    list: [
      { id: 'accent', text: 'Button', paths: [button('defaults', 'backgroundColor')], stronger: [button('hover', 'backgroundColor'), button('active', 'backgroundColor')] },
      { id: 'onAccent', text: 'Text of the button', paths: ['defaults', 'hover', 'active'].map((s) => button(s, 'textColor')), on: 'accent' },
      { id: 'field', text: 'Fields', paths: ['componentClasses.input.MODE.defaults.backgroundColor'] },
      { id: 'line', text: 'Edge of fields', paths: ['componentClasses.input.MODE.defaults.borderColor'] },
      { id: 'focus', text: 'What has the keyboard', paths: ['componentClasses.focusState.MODE.borderColor'] },
    ],
  },
];

export const allColours = colours.flatMap((c) => c.list);

const there = (path: string, mode: Mode) => path.replace('MODE', mode);

/** A colour as somebody types it: rrggbb, or rrggbbaa where it lets something through. */
export function colourAt(tree: Tree, c: Colour, mode: Mode): string {
  const value = at(tree, there(c.paths[0] ?? '', mode));
  return typeof value === 'string' ? value.replace(/^(.{6})ff$/i, '$1') : '';
}

export const isColour = (text: string) => /^[0-9a-f]{6}([0-9a-f]{2})?$/i.test(text);

export function putColour(tree: Tree, c: Colour, mode: Mode, text: string): Tree {
  const value = text.replace(/^#/, '').trim().toLowerCase();
  const full = value.length === 6 ? value + 'ff' : value;
  let out = tree;
  for (const p of c.paths) out = put(out, there(p, mode), full);
  (c.stronger ?? []).forEach((p, i) => {
    if (isColour(value)) out = put(out, there(p, mode), stronger(value, 0.12 * (i + 1), mode) + 'ff');
  });
  return out;
}

const parts = (hex: string) => [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));

// Towards black on light pages, towards white on dark ones.
function stronger(hex: string, share: number, mode: Mode): string {
  const end = mode === 'lightMode' ? 0 : 255;
  return parts(hex).map((v) => Math.round(v + (end - v) * share).toString(16).padStart(2, '0')).join('');
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = parts(hex).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** How well one colour is read on another, from 1 to 21 (WCAG 2.2, contrast ratio). */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/** What text needs at least (WCAG 2.2, 1.4.3). */
export const legible = 4.5;
