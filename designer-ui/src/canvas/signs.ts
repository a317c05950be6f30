/** What is marked at a step for rehearsals; kept beside the document. */
export interface StepSigns {
  /** Test data stands for its results, maybe made before the step was changed. */
  readonly pin?: 'fresh' | 'stale';
  /** The recorded result that is played was made before the step was changed. */
  readonly stale?: boolean;
  /** A rehearsal stops before it. */
  readonly stop?: boolean;
  /** A scenario went differently here than it expects. */
  readonly broken?: boolean;
  /** A rehearsal has stopped here. */
  readonly paused?: boolean;
}
