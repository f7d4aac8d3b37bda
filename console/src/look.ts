// Light or dark: as the system has it, until somebody chooses.
import { applyMode, Mode } from '@cloudscape-design/global-styles';

export type Look = 'system' | 'light' | 'dark';
const place = 'cognate.look';
const system = matchMedia('(prefers-color-scheme: dark)');

export function look(): Look {
  const kept = localStorage.getItem(place);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

function apply() {
  const l = look();
  const dark = l === 'dark' || (l === 'system' && system.matches);
  applyMode(dark ? Mode.Dark : Mode.Light);
  document.documentElement.classList.toggle('dark', dark);
}

export function choose(l: Look) {
  if (l === 'system') localStorage.removeItem(place);
  else localStorage.setItem(place, l);
  apply();
}

export function begin() {
  apply();
  system.addEventListener('change', apply);
}
