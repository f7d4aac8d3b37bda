// The same as a command of the AWS CLI: its options are the members of the request.

/** What must not be shown, nor end up in a shell's history. */
const secrets = ['Password', 'TemporaryPassword', 'ClientSecret'];

export function command(service: string, operation: string, input: object, region: string): string {
  const parts = [`aws ${service} ${dashes(operation)}`];
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined) continue;
    const option = '--' + dashes(name);
    if (secrets.includes(name)) parts.push(`${option} "$${dashes(name).replaceAll('-', '_').toUpperCase()}"`);
    else if (value === true) parts.push(option);
    else if (value === false) parts.push('--no-' + dashes(name));
    else if (Array.isArray(value) && value.every((v) => typeof v === 'string')) parts.push([option, ...value.map(quote)].join(' '));
    else if (typeof value === 'object') parts.push(`${option} ${quote(JSON.stringify(value))}`);
    else parts.push(`${option} ${quote(String(value))}`);
  }
  parts.push(`--endpoint-url ${location.origin}`, `--region ${region}`);
  return parts.join(' \\\n  ');
}

/** A name as the AWS CLI writes it: CallbackURLs is callback-urls, AllowedOAuthFlows allowed-o-auth-flows. */
export function dashes(name: string): string {
  return name
    .replace(/([A-Z]{2,})s$/, (_, caps: string) => '-' + caps.toLowerCase() + 's')
    .replace(/(.)([A-Z][a-z]+)/g, '$1-$2')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('--', '-')
    .toLowerCase();
}

function quote(text: string): string {
  return /^(\$POOL|[\w@%+=:,./-]+)$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
