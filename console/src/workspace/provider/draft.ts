// A connection while somebody fills its form in, and what is sent of it.
import { differences, type Edit } from '../../edit';
import type { Connection, Template } from '../types';
import { durationOf, secondsOf } from '../words';
import { field } from './fields';

export interface Draft {
  name: string;
  id: string;
  /** By their names on the wire: a text, or yes and no. Lists have spaces between. */
  settings: Record<string, string | boolean>;
  credentials: Record<string, string>;
  cached: boolean;
  /** In seconds. */
  ttl: number;
  proofs: string[];
  carryOn: boolean;
  disabled: boolean;
  hidden: boolean;
  order: string;
  domains: string;
  fallback: boolean;
  instant: boolean;
  alone: boolean;
}

export const words = (text: string) => text.split(/[\s,]+/).filter(Boolean);

export function empty(t: Template): Draft {
  return {
    name: t.title, id: '', settings: {}, credentials: {}, cached: false, ttl: 3600, proofs: [], carryOn: false, disabled: false, hidden: false, order: '0', domains: '', fallback: false,
    instant: false, alone: false,
  };
}

export function draftOf(c: Connection): Draft {
  const settings = Object.entries(c.settings).map(([n, v]) => [n, Array.isArray(v) ? v.join(' ') : typeof v === 'boolean' ? v : String(v)]);
  return {
    name: c.name, id: c.id, settings: Object.fromEntries(settings) as Draft['settings'], credentials: {}, cached: c.config.enable_stateful_ctx,
    ttl: secondsOf(c.config.stateful_ctx_duration) || 3600, proofs: c.static_amr ?? [], carryOn: c.config.user_info_failure === 'continue', disabled: c.disabled, hidden: c.hidden,
    order: String(c.display_order), domains: (c.discovery_settings.domains ?? []).join(' '), fallback: c.discovery_settings.fallback_provider ?? false,
    instant: c.discovery_settings.instant_redirect ?? false, alone: c.sso_settings.disabled,
  };
}

/** The settings that are given, as the API takes them. */
function settingsOf(d: Draft): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(d.settings).flatMap(([name, value]): [string, unknown][] => {
      if (typeof value === 'boolean') return value ? [[name, true]] : [];
      const text = value.trim();
      if (text === '') return [];
      return [[name, field(name).kind === 'list' ? words(text) : text]];
    }),
  );
}

/** What is not as it is when nothing is said. */
function parts(d: Draft): Record<string, unknown> {
  const domains = words(d.domains);
  return {
    name: d.name.trim(),
    disabled: d.disabled,
    hidden: d.hidden,
    display_order: Number(d.order) || 0,
    static_amr: d.proofs.length > 0 ? d.proofs : undefined,
    config: { enable_stateful_ctx: d.cached, stateful_ctx_duration: d.cached ? durationOf(d.ttl) : '0s', ...(d.carryOn ? { user_info_failure: 'continue' } : {}) },
    discovery_settings: { ...(domains.length > 0 ? { domains } : {}), ...(d.instant ? { instant_redirect: true } : {}), ...(d.fallback ? { fallback_provider: true } : {}) },
    sso_settings: { disabled: d.alone },
    settings: settingsOf(d),
  };
}

const given = (credentials: Record<string, string>) => Object.fromEntries(Object.entries(credentials).filter(([, v]) => v !== ''));

/** The body that makes the connection: only what is said. */
export function bodyOf(d: Draft): Record<string, unknown> {
  const all = parts(d);
  const usual: Record<string, unknown> = parts({ ...d, cached: false, proofs: [], carryOn: false, disabled: false, hidden: false, order: '0', domains: '', fallback: false, instant: false, alone: false });
  const said = Object.entries(all).filter(([n, v]) => n === 'name' || n === 'settings' || (v !== undefined && JSON.stringify(v) !== JSON.stringify(usual[n])));
  const credentials = given(d.credentials);
  return { ...(d.id ? { id: d.id } : {}), ...Object.fromEntries(said), ...(Object.keys(credentials).length > 0 ? { credentials } : {}) };
}

/** What is changed of a connection. */
export function editsOf(c: Connection, d: Draft): Edit[] {
  const { settings, config, ...rest } = parts(d);
  const wanted = settings as Record<string, unknown>;
  const dropped = Object.fromEntries(Object.keys(c.settings).filter((n) => !(n in wanted)).map((n) => [n, undefined]));
  const kept: Record<string, unknown> = { user_info_failure: undefined, ...(config as object) };
  if (kept.user_info_failure === undefined && c.config.user_info_failure === 'fail') kept.user_info_failure = 'fail';
  const credentials = given(d.credentials);
  return [
    ...differences(c, { ...rest, ...(Object.keys(credentials).length > 0 ? { credentials } : {}) }),
    ...differences(c.config, kept, ['config']),
    ...differences(c.settings, { ...dropped, ...wanted }, ['settings']),
  ];
}
