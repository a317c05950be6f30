// The process that rehearsals play, with the pointer and without.
const mine = { expr: 'run.startedBy' };

/** A bid above 1000 has to be approved; whoever takes longer than three days is reminded. */
export const bid = {
  format: 'fluxo/process@1',
  key: 'bid',
  name: 'Bid',
  appliesTo: 'deal',
  variables: [{ name: 'price', type: 'number', label: 'Price', default: 10 }],
  nodes: [
    { id: 's', kind: 'startEvent' },
    { id: 'prepare', kind: 'userTask', name: 'Prepare the bid', config: { assignee: mine } },
    {
      id: 'slow',
      kind: 'boundaryEvent',
      attachedTo: 'prepare',
      interrupting: false,
      trigger: { timer: { after: 'P3D' } },
    },
    {
      id: 'remind',
      kind: 'robot',
      name: 'Remind',
      robot: 'notification.send',
      config: { to: mine, text: 'The bid for {{ record.title }} is late' },
    },
    { id: 'reminded', kind: 'endEvent' },
    { id: 'large', kind: 'exclusiveGateway', name: 'Large?', default: 'f4' },
    {
      id: 'ok',
      kind: 'approval',
      name: 'Approve the bid',
      config: {
        approvers: [mine],
        outcomes: [
          { name: 'yes', label: 'Agree', positive: true },
          { name: 'no', label: 'Refuse' },
        ],
      },
    },
    {
      id: 'send',
      kind: 'robot',
      name: 'Send the bid',
      robot: 'notification.send',
      config: { to: mine, text: 'Sent at {{ vars.price }}' },
    },
    { id: 'won', kind: 'endEvent', name: 'Sent' },
    { id: 'lost', kind: 'endEvent', name: 'Dropped' },
  ],
  flows: [
    { id: 'f1', from: 's', to: 'prepare' },
    { id: 'f2', from: 'prepare', to: 'large' },
    { id: 'f3', from: 'large', to: 'ok', when: 'vars.price > 1000' },
    { id: 'f4', from: 'large', to: 'send' },
    { id: 'f5', from: 'ok', port: 'yes', to: 'send' },
    { id: 'f6', from: 'ok', port: 'no', to: 'lost' },
    { id: 'f7', from: 'send', to: 'won' },
    { id: 'f8', from: 'slow', to: 'remind' },
    { id: 'f9', from: 'remind', to: 'reminded' },
  ],
};
