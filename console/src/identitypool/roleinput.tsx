import Input from '@cloudscape-design/components/input';
import { useAbout } from '../part/about';

/** For the ARN of a role: the API has no list of those that there are. */
export function RoleInput({ value, set, label, name }: { value: string; set: (v: string) => void; label?: string; name?: string }) {
  const account = useAbout()?.account ?? '000000000000';
  return <Input value={value} onChange={(e) => set(e.detail.value)} name={name} ariaLabel={label} placeholder={`arn:aws:iam::${account}:role/NAME`} spellcheck={false} autoComplete={false} />;
}
