// The files of import jobs: where they go, and the log that comes back.
import { Refused } from '../aws';
import { session } from '../session';
import { signed } from '../signed';

/** Puts a file where its job waits for it. The address is the server's own; it is asked below the origin of this page, which is the only
 *  one that the page may speak to, also where people open the console by another name than the server calls itself. */
export async function put(presigned: string, file: File): Promise<void> {
  const u = new URL(presigned);
  const answer = await fetch(u.pathname + u.search, { method: 'PUT', body: file });
  if (!answer.ok) throw refused(answer.status, await answer.text());
}

export interface Line {
  outcome: 'SUCCEEDED' | 'SKIPPED' | 'FAILED' | '';
  /** Of the file; the first is the header. 0: it is about none. */
  number: number;
  text: string;
}

/** What became of each line. */
export async function log(pool: string, job: string): Promise<Line[]> {
  const who = session();
  if (!who) throw new Error('Nobody is signed in.');
  const answer = await signed(who, { method: 'GET', path: `/_cognate/import/${pool}/${job}/log`, service: 'cognito-idp' });
  if (!answer.ok) throw refused(answer.status, answer.text);
  return answer.text.split('\n').filter(Boolean).map((l) => {
    const m = /^\[(SUCCEEDED|SKIPPED|FAILED)\] Line Number (\d+) - (.*)$/.exec(l);
    return m ? { outcome: m[1] as Line['outcome'], number: Number(m[2]), text: m[3] ?? '' } : { outcome: '', number: 0, text: l };
  });
}

// Errors come as S3 writes them.
function refused(status: number, xml: string): Error {
  const of = (name: string) => new DOMParser().parseFromString(xml, 'application/xml').querySelector(name)?.textContent ?? '';
  const e = new Refused(status === 403 ? 400 : status, of('Message') || xml); // a URL that is too old is no reason to sign out
  e.name = of('Code') || e.name;
  return e;
}
