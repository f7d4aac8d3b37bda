// What has just been done, said above the page.
import Flashbar, { type FlashbarProps } from '@cloudscape-design/components/flashbar';
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from 'react';

interface Notices {
  good: (text: string) => void;
}

const Context = createContext<Notices>({ good: () => undefined });
const Items = createContext<FlashbarProps.MessageDefinition[]>([]);

let next = 1;

export function useNotices() {
  return useContext(Context);
}

export function NoticesHere({ children }: { children: ReactNode }) {
  const [items, set] = useState<FlashbarProps.MessageDefinition[]>([]);
  const good = useCallback((text: string) => {
    const id = String(next++);
    const drop = () => set((was) => was.filter((i) => i.id !== id));
    set((was) => [...was.slice(-2), { id, type: 'success', content: text, dismissible: true, dismissLabel: 'Dismiss', onDismiss: drop }]);
    setTimeout(drop, 6000);
  }, []);
  return (
    <Context.Provider value={useMemo(() => ({ good }), [good])}>
      <Items.Provider value={items}>{children}</Items.Provider>
    </Context.Provider>
  );
}

export function NoticeBar() {
  return <Flashbar items={useContext(Items)} />;
}
