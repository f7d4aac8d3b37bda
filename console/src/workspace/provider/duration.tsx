// A time that something is kept, as a number and its unit.
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import { useState } from 'react';

const units = [{ value: '60', label: 'minutes' }, { value: '3600', label: 'hours' }, { value: '86400', label: 'days' }];

export function Duration({ label, about, seconds, change }: { label: string; about: string; seconds: number; change: (seconds: number) => void }) {
  const [unit, setUnit] = useState(() => units.toReversed().find((u) => seconds % Number(u.value) === 0) ?? { value: '1', label: 'seconds' });
  const [text, setText] = useState(String(seconds / Number(unit.value)));
  const set = (n: string, u: { value: string; label: string }) => {
    setText(n);
    setUnit(u);
    change(Math.round(Number(n) * Number(u.value)) || 0);
  };
  return (
    <FormField label={label} description={about} errorText={Number(text) > 0 ? undefined : 'A number above 0.'}>
      <div className="beside">
        <Input value={text} type="number" inputMode="decimal" ariaLabel={label} onChange={(e) => set(e.detail.value, unit)} />
        <Select
          selectedOption={unit}
          options={unit.value === '1' ? [unit, ...units] : units}
          ariaLabel={`${label}: unit`}
          onChange={(e) => set(text, { value: e.detail.selectedOption.value ?? '60', label: e.detail.selectedOption.label ?? '' })}
        />
      </div>
    </FormField>
  );
}
