// Tokens as text.

/** One of the dotted parts of a token, if it is JSON. Nothing is verified. */
export function part(token: string, n: number): Record<string, unknown> | undefined {
  try {
    const text = (token.split('.')[n] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const value: unknown = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(text), (c) => c.charCodeAt(0))));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
