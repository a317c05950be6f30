/**
 * The edits of a process document. Each changes the document it is given (an Immer draft of `History.run`) and
 * nothing else, keeps flows, layout and boundary events consistent, and says which ids it made.
 */
export { addBoundary, addNode, appendNode, freeSpot, insertOnFlow } from './add';
export { type Alignment, type Axis, alignElements, distributeElements } from './align';
export {
  connect,
  type FlowEnds,
  freePort,
  type Refusal,
  reconnect,
  refusal,
  setCondition,
  setDefault,
} from './connect';
export {
  type DissolveRefusal,
  dissolve,
  dissolveRefusal,
  type ExtractRefusal,
  extract,
  extractRefusal,
} from './extract';
export { changeKind, setConfig, setField, toggleDisabled } from './fields';
export { newNode } from './ids';
export {
  addNote,
  groupNodes,
  moveNotes,
  noteSpot,
  renameGroup,
  resizeNote,
  setColour,
  setNoteText,
  tieNote,
  ungroup,
} from './notes';
export { applyLayout, isPlaced, moveNodes, pinLayout, setPlaced } from './place';
export { type DeleteOptions, deleteElements } from './remove';
export { makeRoom } from './room';
export { moveInto, scopeAt, setCollapsed } from './scope';
export { pasteSteps, pickSteps, type Steps } from './steps';
