/** One violated rule of a request: where, which, in words, and what to do. */
export type ProblemDetail = { path?: string; code?: string; message: string; remedy?: string };

/** RFC 9457 problem document as the server sends it. */
export type ProblemDocument = {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  instance?: string;
  code?: string;
  remedy?: string;
  errors?: ProblemDetail[];
  [extension: string]: unknown;
};

/** A request that the server refused or that never arrived (status 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: ProblemDocument;
  readonly requestId: string | null;

  constructor(status: number, problem: ProblemDocument, requestId: string | null = null) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.problem = problem;
    // The server names the request as the problem's instance; the header is for answers of a proxy.
    this.requestId = problem.instance ?? requestId;
  }

  get code(): string | null {
    if (typeof this.problem.code === 'string') return this.problem.code;
    const last = this.problem.type?.split(/[/#:]/).at(-1);
    return last && last !== 'blank' ? last : null;
  }

  /** True when the request never reached the server: worth a retry, nothing was decided. */
  get offline(): boolean {
    return this.status === 0;
  }

  get details(): readonly ProblemDetail[] {
    return this.problem.errors ?? [];
  }
}

export function isApiError(error: unknown, status?: number): error is ApiError {
  return error instanceof ApiError && (status === undefined || error.status === status);
}
