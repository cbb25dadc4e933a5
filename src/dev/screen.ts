/** How the session speaks to the person in front of it. */
export interface Screen {
  /** The start of a numbered step. */
  readonly step: (title: string, text: string) => void;
  /** A line under a step. */
  readonly line: (text: string) => void;
  /** What goes wrong and is worth a look. */
  readonly problem: (text: string) => void;
  readonly paint: Paint;
}

/** Colours, or the text itself where nobody could see them. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const titleWidth = 11;

export function createScreen(write: (text: string) => void, colours: boolean): Screen {
  const paint = createPaint(colours);
  let steps = 0;
  return {
    paint,
    step(title, text) {
      steps++;
      write(`\n${paint.bold(`${steps} ${title.padEnd(titleWidth)}`)} ${text}\n`);
    },
    line: (text) => write(text === '' ? '\n' : `  ${text}\n`),
    problem: (text) => write(`  ${paint.yellow('!')} ${text}\n`),
  };
}

function createPaint(colours: boolean): Paint {
  const wrap = (open: number, close: number) => (text: string) =>
    colours ? `\u001B[${open}m${text}\u001B[${close}m` : text;
  return { bold: wrap(1, 22), dim: wrap(2, 22), green: wrap(32, 39), yellow: wrap(33, 39), cyan: wrap(36, 39) };
}
