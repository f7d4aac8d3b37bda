// A plain field for code, with the numbers of its lines, since errors name them.
import { useEffect, useRef } from 'react';

export function Editor({ value, change, label, marked, rows }: { value: string; change: (text: string) => void; label: string; marked?: number; rows: number }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const lines = value.split('\n').length;
  useEffect(() => {
    const at = field.current;
    if (!at || !marked) return;
    const all = at.value.split('\n');
    const from = all.slice(0, marked - 1).reduce((n, l) => n + l.length + 1, 0);
    at.setSelectionRange(from, from + (all[marked - 1]?.length ?? 0));
    at.scrollTop = Math.max(0, (marked - 4) * 20);
  }, [marked]);
  return (
    <div className="editor">
      <div className="editor-lines" aria-hidden="true" ref={gutter}>
        {Array.from({ length: lines }, (_, i) => <div key={i} className={i + 1 === marked ? 'marked' : undefined}>{i + 1}</div>)}
      </div>
      <textarea
        ref={field}
        value={value}
        rows={rows}
        wrap="off"
        spellCheck={false}
        autoCapitalize="off"
        autoCorrect="off"
        autoComplete="off"
        aria-label={label}
        onChange={(e) => change(e.target.value)}
        onScroll={(e) => gutter.current?.scrollTo(0, e.currentTarget.scrollTop)}
      />
    </div>
  );
}
