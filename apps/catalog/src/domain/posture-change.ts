import { type Posture, Problem } from '@reenact/contracts';
import { isGuarded, loosens, samePosture } from '@reenact/posture';

/** What becomes of a change: nothing to do, in force at once, or waiting for another person. */
export function judgeChange(before: Posture, after: Posture, now: Date): 'unchanged' | 'applied' | 'pending' {
  if (samePosture(before, after)) return 'unchanged';
  return isGuarded(before.tier) && loosens(before, after, now).length > 0 ? 'pending' : 'applied';
}

/** The state that a decision leads a pending change to. Throws `self_approval` or `posture_change_decided`. */
export function judgeDecision(
  change: { state: string; baseRevision: number; requestedBy: { id: string } },
  decision: { by: string; word: 'confirm' | 'refuse' },
  revision: number,
): 'confirmed' | 'refused' | 'superseded' {
  if (change.requestedBy.id === decision.by) {
    throw new Problem('self_approval', { remedy: 'Another project_admin or approver decides it' });
  }
  if (change.state !== 'pending') {
    throw new Problem('posture_change_decided', { members: { state: change.state, allowed: [] } });
  }
  if (change.baseRevision !== revision) return 'superseded';
  return decision.word === 'confirm' ? 'confirmed' : 'refused';
}
