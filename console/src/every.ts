/** All items of what a service lists by the page, or those of the pages until there are as many as most. */
export async function every<T>(ask: (next: string | undefined) => Promise<readonly [T[] | undefined, string | undefined]>, most = Infinity): Promise<T[]> {
  const all: T[] = [];
  let next: string | undefined;
  do {
    const [items, more] = await ask(next);
    all.push(...(items ?? []));
    next = more;
  } while (next && all.length < most);
  return all;
}
