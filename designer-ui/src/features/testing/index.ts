export { Rehearsal } from './Rehearsal';
export { ScenarioCheck } from './Scenarios';
