export { Canvas, type CanvasHandle, type CanvasProps, KIND_MEDIA_TYPE } from './Canvas';
export type { Overlay, PickRequest } from './context';
export type { Mark } from './flowModel';
export { iconOf } from './icons';
export { layoutDocument } from './layout';
export { durationText, kindName, nodeText } from './nodeText';
export { type NodeRunState, type RunSnapshot, RunStore } from './runStore';
