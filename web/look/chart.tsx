// Stacked bars over time, by uPlot. The numbers stand beside it as a table for whoever cannot see a picture, and
// the table's swatches are the legend.

import { useEffect, useRef } from 'preact/hooks';
import type Plot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { type Locale, useLocale } from './locale.tsx';
import { useSchemeChanges } from './theme.tsx';

export type ChartSeries = {
  label: string /** The class of its colour: series-0 … series-5. */;
  color: string;
  counts: number[];
};

type ChartProps = { label: string; from: number; bucketMs: number; series: ChartSeries[] };

export function Chart({ label, from, bucketMs, series }: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const locale = useLocale();
  const scheme = useSchemeChanges();
  // `scheme` too: drawn again in the colours of another scheme.
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const drawing = new AbortController();
    void draw(element, { from, bucketMs, series, locale }, drawing.signal);
    return () => drawing.abort();
  }, [from, bucketMs, series, locale, scheme]);
  return <div class="chart" ref={host} role="img" aria-label={label} />;
}

type Drawing = Omit<ChartProps, 'label'> & { locale: Locale };

/** The library comes when there is something to draw: most pages have no chart. */
async function draw(host: HTMLElement, drawing: Drawing, signal: AbortSignal): Promise<void> {
  const { default: Chart } = await import('uplot');
  if (signal.aborted) return;
  const bars = Chart.paths.bars?.({ size: [0.85, 48], align: 1 });
  const plot = new Chart(optionsOf(host, drawing, bars), dataOf(drawing), host);
  const observer = new ResizeObserver(() =>
    plot.setSize({ width: host.clientWidth, height: host.clientHeight }),
  );
  observer.observe(host);
  signal.addEventListener('abort', () => {
    observer.disconnect();
    plot.destroy();
  });
}

/** uPlot draws later series over earlier ones: the sum of all first, the lowest part last. */
function dataOf({ from, bucketMs, series }: Drawing): Plot.AlignedData {
  const buckets = series[0]?.counts.length ?? 0;
  const times = Array.from({ length: buckets }, (_, index) => (from + index * bucketMs) / 1000);
  const below = new Array<number>(buckets).fill(0);
  const stacked = series.map(({ counts }) =>
    counts.map((count, index) => (below[index] = (below[index] ?? 0) + count)),
  );
  return [times, ...stacked.toReversed()];
}

function optionsOf(
  host: HTMLElement,
  { bucketMs, series, locale }: Drawing,
  bars: Plot.Series.PathBuilder | undefined,
): Plot.Options {
  const text = colorOf(host, 'color', 'muted');
  const grid = { stroke: colorOf(host, 'borderTopColor', 'panel'), width: 1 };
  const font = `12px ${getComputedStyle(host).fontFamily}`;
  const day = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric' });
  const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const number = new Intl.NumberFormat(locale, { notation: 'compact' });
  return {
    width: host.clientWidth,
    height: host.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      // A bar begins at its bucket's start: the last one needs room.
      x: { range: (_plot, min, max) => [min, max + bucketMs / 1000] },
      y: { range: (_plot, _min, max) => [0, Math.max(4, max * 1.08)] },
    },
    axes: [
      {
        stroke: text,
        font,
        grid: { show: false },
        ticks: grid,
        size: 34,
        values: (_plot, splits) =>
          splits.map(at =>
            (new Date(at * 1000).getHours() === 0 && at % 3600 === 0 ? day : time).format(at * 1000),
          ),
      },
      {
        stroke: text,
        font,
        grid,
        ticks: { show: false },
        size: 56,
        values: (_plot, splits) => splits.map(value => (Number.isInteger(value) ? number.format(value) : '')),
      },
    ],
    series: [
      {},
      ...series.toReversed().map(({ label, color }) => ({
        label,
        fill: colorOf(host, 'backgroundColor', `swatch ${color}`),
        width: 0,
        points: { show: false },
        ...(bars && { paths: bars }),
      })),
    ],
  };
}

/** A canvas knows no classes: asks the page for the colour that one would have. */
function colorOf(
  host: HTMLElement,
  property: 'color' | 'backgroundColor' | 'borderTopColor',
  className: string,
): string {
  const sample = document.createElement('span');
  sample.className = className;
  host.append(sample);
  const color = getComputedStyle(sample)[property];
  sample.remove();
  return color;
}
