// Asking the server, and showing only what it has answered.
import { useCallback, useEffect, useRef, useState } from 'react';
import { mind, type Fault } from './fault';

export interface Asked<T> {
  data: T | undefined;
  fault: Fault | undefined;
  /** True until the first answer, and again while a newer one is on its way. */
  loading: boolean;
  again: () => void;
}

/** Asks when a page opens and when a dependency changes. An answer that comes after a newer question is dropped. */
export function useAsk<T>(question: () => Promise<T>, on: readonly unknown[]): Asked<T> {
  const [state, set] = useState<{ data?: T; fault?: Fault; loading: boolean }>({ loading: true });
  const [turn, setTurn] = useState(0);
  const latest = useRef(question);
  latest.current = question;
  useEffect(() => {
    let stale = false;
    set((was) => ({ ...was, loading: true }));
    latest.current().then(
      (data) => stale || set({ data, loading: false }),
      (e: unknown) => stale || set({ fault: mind(e), loading: false }),
    );
    return () => {
      stale = true;
    };
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the caller says what the question depends on
  }, [turn, ...on]);
  const again = useCallback(() => setTurn((n) => n + 1), []);
  return { data: state.data, fault: state.fault, loading: state.loading, again };
}

/** Runs a change when somebody asks for it, and says how it went. */
export function useDo(): { busy: boolean; fault: Fault | undefined; run: (change: () => Promise<unknown>) => Promise<boolean>; clear: () => void } {
  const [state, set] = useState<{ busy: boolean; fault?: Fault }>({ busy: false });
  const run = useCallback(async (change: () => Promise<unknown>) => {
    set({ busy: true });
    try {
      await change();
      set({ busy: false });
      return true;
    } catch (e) {
      set({ busy: false, fault: mind(e) });
      return false;
    }
  }, []);
  const clear = useCallback(() => set({ busy: false }), []);
  return { busy: state.busy, fault: state.fault, run, clear };
}

/** Pages of a list that is gone through by tokens: forwards, and back through those that were seen. */
export function usePages() {
  const [tokens, setTokens] = useState<(string | undefined)[]>([undefined]);
  const [index, setIndex] = useState(0);
  const reset = useCallback(() => {
    setTokens([undefined]);
    setIndex(0);
  }, []);
  const seen = useCallback(
    (next: string | undefined) => setTokens((was) => (was.length === index + 1 ? (next ? [...was, next] : was) : was)),
    [index],
  );
  return { token: tokens[index], index, reset, to: setIndex, seen, count: tokens.length };
}
