'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode } from 'react';
import { messageOf } from '@/api/errors';
import { session } from '@/api/session';
import { useNavigate } from '@/lib/nav';
import { Splash } from '@/ui/splash';
import { openSession } from './open-session';

const retryMs = 2_000;

/** Lets its children in once there is a session; sends everybody else where they can get one. */
export function SessionGate({ children }: { children: ReactNode }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [ready, setReady] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    let gone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leave = () => navigate.replace(`/sign-in${returnTail()}`);
    const open = async () => {
      try {
        const entry = await openSession();
        if (gone) return;
        if (entry === 'setup') navigate.replace('/setup');
        else if (entry === 'signIn') leave();
        else setReady(true);
      } catch (error) {
        if (gone) return;
        setProblem(messageOf(error));
        timer = setTimeout(() => void open(), retryMs);
      }
    };
    void open();
    const unsubscribe = session.onEnded(() => {
      setReady(false);
      client.clear();
      leave();
    });
    return () => {
      gone = true;
      clearTimeout(timer);
      unsubscribe();
    };
  }, [client, navigate]);

  return ready ? children : <Splash problem={problem} />;
}

/** Where to come back to. The overview needs no mention. */
function returnTail(): string {
  const { pathname, search } = window.location;
  return pathname === '/' ? '' : `?next=${encodeURIComponent(pathname + search)}`;
}
