import classes from './Room.module.css';

type SparklineProps = { values: readonly number[]; other?: readonly number[]; label: string };

const width = 120;
const height = 28;

/** Numbers over time without axes: bars of what ended, a line of what began. The label says the same in words. */
export function Sparkline({ values, other = [], label }: SparklineProps) {
  const most = Math.max(1, ...values, ...other);
  const step = width / Math.max(1, values.length);
  const y = (value: number) => height - 2 - (value / most) * (height - 4);
  const line = other.map((value, index) => `${(index + 0.5) * step},${y(value)}`).join(' ');
  return (
    <svg className={classes.spark} width={width} height={height} role="img" aria-label={label}>
      <title>{label}</title>
      {values.map((value, index) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a span has no other name than its place.
          key={index}
          x={index * step + 0.5}
          y={y(value)}
          width={Math.max(1, step - 1)}
          height={height - 2 - y(value) + (value > 0 ? 1 : 0)}
        />
      ))}
      {line && <polyline points={line} />}
    </svg>
  );
}
