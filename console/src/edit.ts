// Changes of a JSON document: carried out here, and written as the filter of jq that does the same.

/** A place in a document: names of members, from the top. */
export type At = string[];

export type Edit =
  /** Makes a member a value. Where it is said what it was, it must still be that. */
  | { at: At; set: unknown; was?: { value: unknown } }
  | { at: At; unset: true; was?: { value: unknown } }
  /** Puts something at the end of a list. */
  | { at: At; add: unknown }
  /** Takes what is exactly so out of a list. */
  | { at: At; drop: unknown }
  /** Puts something in the place of what is exactly so. */
  | { at: At; swap: unknown; by: unknown };

/** What a document is after the edits. The document itself stays as it is. */
export function changed<T>(document: T, edits: Edit[]): T {
  const copy = structuredClone(document);
  for (const e of edits) apply(copy as Record<string, unknown>, e);
  return copy;
}

const meanwhile = 'It has been changed by somebody else meanwhile. Close this, and look at what it is now.';

function apply(top: Record<string, unknown>, e: Edit) {
  let in_ = top;
  for (const name of e.at.slice(0, -1)) in_ = (in_[name] ??= {}) as Record<string, unknown>;
  const name = e.at[e.at.length - 1] ?? '';
  if ('was' in e && e.was && !same(in_[name], e.was.value) && !same(in_[name], 'set' in e ? e.set : undefined)) throw new Error(meanwhile);
  if ('set' in e) in_[name] = e.set;
  else if ('unset' in e) delete in_[name];
  else {
    const list = (in_[name] ?? []) as unknown[];
    if ('add' in e) in_[name] = [...list, e.add];
    else {
      const it = 'drop' in e ? e.drop : e.swap;
      if (!list.some((x) => same(x, it))) throw new Error(meanwhile);
      in_[name] = 'drop' in e ? list.filter((x) => !same(x, it)) : list.map((x) => (same(x, it) ? e.by : x));
    }
  }
}

/** The edits as a filter of jq, values written by json. */
export function filter(edits: Edit[], json: (value: unknown) => string = (v) => JSON.stringify(v)): string {
  return edits.map((e) => one(e, json)).join('\n  | ') || '.';
}

function one(e: Edit, json: (value: unknown) => string): string {
  const at = e.at.map((n) => (/^[A-Za-z_]\w*$/.test(n) ? '.' + n : `.${JSON.stringify(n)}`)).join('');
  if ('set' in e) return `${at} = ${json(e.set)}`;
  if ('unset' in e) return `del(${at})`;
  if ('add' in e) return `${at} += [${json(e.add)}]`;
  if ('drop' in e) return `${at} -= [${json(e.drop)}]`;
  return `${at} |= map(if . == ${json(e.swap)} then ${json(e.by)} else . end)`;
}

/** The edits that make a value of every member that is to be otherwise, and still what it was; undefined takes it away. */
export function differences(was: object, wanted: Record<string, unknown>, under: At = []): Edit[] {
  const before = was as Record<string, unknown>;
  return Object.entries(wanted).flatMap(([name, value]): Edit[] => {
    const at = [...under, name];
    const was = { value: before[name] };
    if (value === undefined) return before[name] === undefined ? [] : [{ at, unset: true, was }];
    return same(before[name], value) ? [] : [{ at, set: value, was }];
  });
}

/** Says whether two values are the same JSON. */
export function same(a: unknown, b: unknown): boolean {
  return ordered(a) === ordered(b);
}

function ordered(v: unknown): string | undefined {
  return JSON.stringify(v, (_, x: unknown) =>
    x && typeof x === 'object' && !Array.isArray(x) ? Object.fromEntries(Object.entries(x).sort(([a], [b]) => (a < b ? -1 : 1))) : x,
  );
}
