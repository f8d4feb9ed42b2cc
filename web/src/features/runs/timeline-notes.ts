import type { RunEvent } from '@/api/run-events';
import { formatDateTime } from '@/lib/format';
import type { NoteItem } from './timeline-model';

type Note = Pick<NoteItem, 'tone' | 'text' | 'quote' | 'run'>;

/** What an event that is no step says to a reader, or null if it has no line of its own. */
export function noteOf(event: RunEvent): Note | null {
  switch (event.kind) {
    case 'timer.started':
      return { tone: 'plain', text: `Sleeps until ${formatDateTime(event.data.dueAt)}.` };
    case 'signal.awaited':
      return { tone: 'plain', text: `Waits for the signal “${event.data.signal}”${until(event.data.dueAt)}` };
    case 'signal.received':
      return { tone: 'plain', text: `${event.data.by} sent the signal “${event.data.signal}”.` };
    case 'signal.delivered':
      return { tone: 'ok', text: `The signal “${event.data.signal}” is there.` };
    case 'run.steered':
      return { tone: 'plain', text: `${event.data.by} said:`, quote: event.data.message };
    case 'run.paused':
      return { tone: 'warn', text: `Paused by ${event.data.by}${because(event.data.reason)}` };
    case 'run.resumed':
      return { tone: 'plain', text: `${event.data.by} let it go on.` };
    case 'run.cancel_requested':
      return {
        tone: 'warn',
        text: `${event.data.by} asked to cancel${event.data.hard ? ' at once' : ''}${because(event.data.reason)}`,
      };
    case 'run.rollback_requested':
      return { tone: 'warn', text: `${event.data.by} rolls back to event ${event.data.toSeq}${because(event.data.note)}` };
    case 'run.rolled_back':
      return { tone: 'warn', text: `Rolled back: the run is as it was after event ${event.data.toSeq}.` };
    case 'run.rollback_failed':
      return {
        tone: 'bad',
        text: `Not rolled back, because ${event.data.step} could not be undone: ${event.data.fault.message}`,
      };
    case 'run.retried':
      return { tone: 'plain', text: `${event.data.by} tries it again${because(event.data.note)}` };
    case 'run.forked':
      return { tone: 'plain', text: `Forked by ${event.data.by} after event ${event.data.seq} of`, run: event.data.from };
    case 'run.upgraded':
      return {
        tone: 'plain',
        text: `${event.data.by} had it go on with version ${event.data.toVersion} instead of ${event.data.fromVersion}.`,
      };
    case 'run.completed':
      return { tone: 'ok', text: 'The run completed.' };
    case 'run.failed':
      return { tone: 'bad', text: 'The run failed.' };
    case 'run.cancelled':
      return { tone: 'plain', text: `Cancelled by ${event.data.by}${because(event.data.reason)}` };
    default:
      return null;
  }
}

const because = (reason: string | null) => (reason ? `: ${reason}` : '.');
const until = (dueAt: string | null) => (dueAt ? ` until ${formatDateTime(dueAt)}.` : '.');
