/**
 * Issues commands as another process, on the built program, until it is killed: node commands.mjs <place of the log as JSON> <clients> <first number> [<ms between>]
 * Leads that are assigned, qualified, disqualified; opportunities that are opened, moved, won and lost. Prints a line of JSON for each
 * command that was acknowledged.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { domain } from '../../../dist/src/domain.js';
import { openSealed } from '../../../dist/src/engines.js';
import { CommandHandler } from '../../../dist/src/command-handling/command-handler.js';

const [place, clients, seed, pause = '30'] = process.argv.slice(2);
const log = await openSealed(JSON.parse(place), domain);
const commandHandler = new CommandHandler({
  log,
  definitions: domain.definitions,
  isSameCommand: (...asked) => log.isSameCommand(...asked),
});
const commands = new Map(domain.commands.map((command) => [command.name, command]));

const issue = async (name, input) => {
  const commandId = randomUUID();
  const done = await commandHandler.execute(commands.get(name).from({ commandId, ...input }), { actor: 'ana' });
  console.log(JSON.stringify({ commandId, stream: done.stream, revision: done.revision, position: done.position }));
  await sleep(Number(pause));
  return done.stream.id;
};

const stages = [
  { name: 'Contacted', probability: 20 },
  { name: 'Offer', probability: 60 },
];
const pipelineId = await issue('DefinePipeline', { name: 'Standard', currency: 'EUR', stages, lossReasons: ['price'] });
const accountId = await issue('RegisterAccount', { name: 'Brutăria Ana' });

const client = async (own) => {
  for (let count = Number(seed); ; count += 1) {
    const id = await issue('RegisterLead', { name: `Lead ${own} ${count}`, origin: count % 3 === 0 ? 'fair' : 'social' });
    await issue('AssignLead', { id, ownerId: count % 7 === 0 ? 'nobody' : `user${count % 5}` });
    if (count % 2 === 0) await issue('QualifyLead', { id, temperature: 'hot' });
    else await issue('DisqualifyLead', { id, reason: 'no interest' });
    const amount = { amount: 100 + count, currency: 'EUR' };
    const opportunity = await issue('OpenOpportunity', { name: `Bread ${count}`, accountId, pipelineId, amount });
    await issue('AdvanceOpportunity', { id: opportunity, stage: 'Offer' });
    if (count % 3 === 0) await issue('LoseOpportunity', { id: opportunity, reason: 'price' });
    else await issue('WinOpportunity', { id: opportunity });
  }
};

await Promise.all(Array.from({ length: Number(clients) }, (_, own) => client(own)));
