export { ConditionInput } from './ConditionInput';
export { ExpressionInput, type ExpressionInputProps, type ExpressionScope } from './ExpressionInput';
export { type Name, type Names, plainPath, useNames, useNaming, writtenPath } from './names';
