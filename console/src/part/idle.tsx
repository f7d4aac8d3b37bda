// Whoever walks away is signed out: the key is forgotten when nobody has pressed a key or clicked for a while, and it is said before.
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import { useEffect, useState } from 'react';
import { leave, left, notice, patience, use } from '../session';

const second = 1000;

export function Idle() {
  const [rest, setRest] = useState(left());
  useEffect(() => {
    // The clock is asked, and not the number of ticks: a machine that sleeps, or a tab in the background, ticks late or not at all.
    const look = () => {
      const now = left();
      if (now <= 0) leave(`Nobody pressed a key or clicked for ${patience / 60_000} minutes, so the key was forgotten.`);
      else setRest(now > notice ? patience : now);
    };
    const here = () => {
      if (left() > 0) use();
      look();
    };
    const tick = setInterval(look, second);
    addEventListener('keydown', here, true);
    addEventListener('pointerdown', here, true);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(tick);
      removeEventListener('keydown', here, true);
      removeEventListener('pointerdown', here, true);
      document.removeEventListener('visibilitychange', look);
    };
  }, []);
  if (rest > notice) return null;
  const seconds = Math.ceil(rest / second);
  return (
    <Modal visible header="Are you still there?" closeAriaLabel="Stay signed in" onDismiss={use} footer={<Box float="right"><Button variant="primary" onClick={use}>Stay signed in</Button></Box>}>
      The console forgets the key in {seconds >= 60 ? 'less than two minutes' : `${seconds} seconds`}, and what is not saved is lost. Any key or click keeps it.
    </Modal>
  );
}
