export { ExpressionInput, type ExpressionInputProps, type ExpressionScope } from './ExpressionInput';
