import { QueryClient } from '@tanstack/react-query';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sessionQuery } from '@/api/queries/session';
import type { Completion, TaskConfig, TaskDetail } from '@/api/queries/tasks';
import type { Session } from '@/api/types';
import { installKeymap } from '@/lib/commands';
import { renderUi } from '@/test/render';
import { CompletionForm } from './CompletionForm';

const session = {
  user: {
    id: 'marta',
    rev: 1,
    login: 'marta',
    name: 'Marta',
    email: 'm@example.com',
    active: true,
    roles: ['member'],
    title: '',
    language: 'en',
    zone: '',
    departmentId: '',
    groupIds: [],
    avatarColor: '',
    createdAt: null,
    updatedAt: null,
  },
  permissions: [],
  demo: true,
  setupNeeded: false,
} satisfies Session;

const config = (change: Partial<TaskConfig> = {}): TaskConfig => ({
  comment: 'optional',
  commentRequired: [],
  delegation: 'all',
  outcomes: [],
  ...change,
});

const task = (change: Partial<TaskDetail>): TaskDetail => ({
  id: 't1',
  rev: 1,
  kind: 'userTask',
  name: 'Prepare the contract',
  definitionKey: 'contract',
  definitionName: 'Contract',
  runId: 'r1',
  node: 'prepare',
  status: 'open',
  openedAt: '2026-11-21T10:00:00.000Z',
  overdue: false,
  dueAt: null,
  text: '',
  assignees: [],
  groups: [],
  votes: [],
  delegated: [],
  comments: [],
  documents: [],
  next: {},
  process: null,
  nodeStates: {},
  canDelegate: true,
  config: config(),
  canComplete: true,
  ...change,
});

const approval = task({
  kind: 'approval',
  config: config({
    comment: 'optional',
    commentRequired: ['reject'],
    outcomes: [
      { name: 'approve', label: 'Approve', positive: true },
      { name: 'reject', label: 'Reject', positive: false },
    ],
  }),
  next: { approve: ['Sign'], reject: ['Lost'] },
});

function show(shown: TaskDetail, refusal: unknown = null) {
  const sent: { completion: Completion; outcomeLabel: string }[] = [];
  const queryClient = new QueryClient();
  queryClient.setQueryData(sessionQuery.queryKey, session);
  const view = renderUi(
    <CompletionForm task={shown} onComplete={(input) => sent.push(input)} refusal={refusal} />,
    queryClient,
  );
  return { ...view, sent };
}

describe('CompletionForm', () => {
  let uninstall = () => {};
  beforeEach(() => {
    localStorage.clear();
    uninstall = installKeymap(() => true);
  });
  afterEach(() => {
    uninstall();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  test('offers one button per outcome and says what follows', async () => {
    const { sent } = show(approval);
    expect(screen.getByRole('button', { name: 'Approve' })).toHaveAccessibleDescription('then: Sign');
    expect(screen.getByRole('button', { name: 'Reject' })).toHaveAccessibleDescription('then: Lost');
    await userEvent.click(screen.getByRole('button', { name: 'Approve' }));
    expect(sent).toEqual([
      {
        task: approval,
        outcomeLabel: 'Approve',
        completion: { outcome: 'approve', comment: undefined, values: undefined, files: undefined },
      },
    ]);
  });

  test('asks for the reason of a negative answer before it is sent', async () => {
    const { sent } = show(approval);
    const scrolled = vi.spyOn(Element.prototype, 'scrollIntoView');
    await userEvent.click(screen.getByRole('button', { name: 'Reject' }));
    expect(sent).toEqual([]);
    const comment = screen.getByLabelText(/^Comment on your answer/);
    expect(comment).toHaveFocus();
    expect(scrolled.mock.contexts).toEqual([comment]);
    expect(comment).toHaveAccessibleDescription(expect.stringContaining('"Reject" needs a reason'));
    await userEvent.type(comment, 'Too expensive');
    await userEvent.click(screen.getByRole('button', { name: 'Reject' }));
    expect(sent[0]?.completion).toMatchObject({ outcome: 'reject', comment: 'Too expensive' });
  });

  test('chooses with Alt+number and submits with Ctrl+Enter', async () => {
    const { sent } = show(approval);
    await userEvent.keyboard('{Control>}{Enter}{/Control}');
    expect(sent).toEqual([]);
    await userEvent.keyboard('{Alt>}1{/Alt}');
    expect(sent).toEqual([]);
    expect(screen.getByRole('button', { name: 'Approve' })).toHaveFocus();
    await userEvent.keyboard('{Control>}{Enter}{/Control}');
    expect(sent[0]?.completion.outcome).toBe('approve');
  });

  test('checks the fields of the form and requires the files', async () => {
    const { sent } = show(
      task({
        config: config({
          comment: 'never',
          files: { required: true, label: 'Signed scan' },
          form: [
            { name: 'number', label: 'Contract number', type: 'string', required: true },
            { name: 'copies', label: 'Copies', type: 'integer', default: 2 },
          ],
        }),
      }),
    );
    const number = await screen.findByLabelText(/Contract number/);
    await userEvent.click(screen.getByRole('button', { name: 'Complete' }));
    expect(sent).toEqual([]);
    expect(screen.getByText('2 fields need your attention')).toBeInTheDocument();
    expect(number).toHaveAccessibleDescription('This field is required');

    vi.stubGlobal('fetch', async () =>
      Response.json(
        { id: 'f1', name: 'scan.pdf', size: 10, type: 'application/pdf', createdAt: '', url: '/f' },
        { status: 201 },
      ),
    );
    await userEvent.upload(
      document.querySelector('input[type=file]') as HTMLInputElement,
      new File(['x'], 'scan.pdf'),
    );
    await screen.findByRole('link', { name: 'scan.pdf' });
    await userEvent.type(number, 'C-42');
    await userEvent.click(screen.getByRole('button', { name: 'Complete' }));
    expect(sent[0]?.completion).toEqual({
      outcome: undefined,
      comment: undefined,
      values: { number: 'C-42', copies: 2 },
      files: ['f1'],
    });
  });

  test('tells a group by the first edit that somebody is on it', async () => {
    const calls: string[] = [];
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      calls.push(`${init.method} ${url}`);
      return new Response(null, { status: 204 });
    });
    show(task({ groups: [{ id: 'accounting', name: 'Accounting' }], config: config() }));
    await userEvent.type(screen.getByLabelText(/^Comment on your answer/), 'on it');
    expect(calls).toEqual(['POST /api/v1/tasks/t1/claim']);
  });

  test('keeps what was typed until the task is completed', async () => {
    const first = show(approval);
    await userEvent.type(screen.getByLabelText(/^Comment on your answer/), 'half a thought');
    await waitFor(() => expect(localStorage.getItem('fluxo.draft.marta.t1')).toContain('half a thought'));
    first.unmount();
    show(approval);
    expect(screen.getByLabelText(/^Comment on your answer/)).toHaveValue('half a thought');
  });

  test('names the files of a form also after the page was loaded again', async () => {
    const scan = {
      id: 'f-17',
      name: 'scan.pdf',
      size: 10,
      type: 'application/pdf',
      createdAt: '',
      createdBy: 'marta',
      owner: 'task:t1',
      url: '/f',
    };
    const asked = config({ form: [{ name: 'scan', label: 'Scan', type: 'file' }] });
    localStorage.setItem('fluxo.draft.marta.t1', JSON.stringify({ values: { scan: 'f-17' } }));
    show(task({ config: asked, documents: [scan] }));
    expect(await screen.findByText('scan.pdf')).toBeInTheDocument();
    expect(screen.queryByText('f-17')).toBeNull();
    expect(screen.getByRole('button', { name: /scan.pdf/ })).toBeInTheDocument();
  });

  test('says why the person may not answer', () => {
    show(task({ canComplete: false, whyNot: 'Only Henrik may answer.' }));
    expect(screen.getByText('Only Henrik may answer.')).toBeInTheDocument();
    expect(screen.queryByRole('button')).toBeNull();
  });
});
