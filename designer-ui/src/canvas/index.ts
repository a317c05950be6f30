export { Canvas, type CanvasHandle, type CanvasProps } from './Canvas';
export type { Overlay, PickRequest } from './context';
export { NameField } from './Decor';
export { KIND_MEDIA_TYPE } from './drops';
export type { Mark } from './flowModel';
export { iconOf } from './icons';
export { layoutDocument } from './layout';
export { durationText, kindName, nodeText } from './nodeText';
export { type NodeRunState, type RunSnapshot, RunStore } from './runStore';
