// One setting of a connection, and one secret.
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import Textarea from '@cloudscape-design/components/textarea';
import Toggle from '@cloudscape-design/components/toggle';
import { secrets, type Field } from './fields';

export const optional = (label: string, needed: boolean) => (needed ? label : <>{label} <i>– optional</i></>);

export function Setting({ name, of, needed, value, set }: { name: string; of: Field; needed: boolean; value: string | boolean | undefined; set: (value: string | boolean) => void }) {
  if (of.kind === 'yes') return <Toggle checked={value === true} description={of.about} onChange={(e) => set(e.detail.checked)}>{of.label}</Toggle>;
  const text = String(value ?? '');
  if (of.kind === 'choice') {
    const options = Object.entries({ ...of.choices, ...(text && !of.choices?.[text] ? { [text]: text } : {}) }).map(([v, label]) => ({ value: v, label }));
    return (
      <FormField label={of.label} description={of.about}>
        <Select selectedOption={options.find((o) => o.value === text) ?? null} options={options} onChange={(e) => set(e.detail.selectedOption.value ?? '')} ariaLabel={of.label} />
      </FormField>
    );
  }
  return (
    <FormField label={optional(of.label, needed)} description={of.about} stretch={of.kind === 'long'}>
      {of.kind === 'long' ? (
        <Textarea value={text} onChange={(e) => set(e.detail.value)} name={name} rows={4} spellcheck={false} />
      ) : (
        <Input value={text} onChange={(e) => set(e.detail.value)} name={name} placeholder={of.example} spellcheck={false} autoComplete={false} />
      )}
    </FormField>
  );
}

export function Secret({ name, made, value, set }: { name: string; made: boolean | undefined; value: string; set: (value: string) => void }) {
  const of = secrets[name] ?? { label: name.replaceAll('_', ' ') };
  const kept = made ? 'Empty: the one that is kept stays.' : undefined;
  return (
    <FormField label={made ? `New ${of.label.toLowerCase()}` : of.label} description={of.about} constraintText={kept} stretch={of.kind === 'long'}>
      {of.kind === 'long' ? (
        <Textarea value={value} onChange={(e) => set(e.detail.value)} name={name} rows={4} spellcheck={false} autoComplete={false} />
      ) : (
        <Input value={value} onChange={(e) => set(e.detail.value)} name={name} type="password" spellcheck={false} autoComplete={false} />
      )}
    </FormField>
  );
}
