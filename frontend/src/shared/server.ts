import { answerOf, api } from './api/client';
import type { Server } from './api/types';

let asked: Promise<Server> | null = null;

/** Where the node's other doors are. Asked once; a failure is asked again by the next caller. */
export function server(): Promise<Server> {
  asked ??= answerOf(api.GET('/api/v1/server')).catch((failure: unknown) => {
    asked = null;
    throw failure;
  });
  return asked;
}
