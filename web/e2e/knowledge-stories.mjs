// The main deeds of the knowledge bases.
import { readFile } from 'node:fs/promises';

export function knowledgeStories({ onServer, signIn, must, allow }) {
  /** A story that begins signed in on a page of the knowledge bases. */
  const at = (path, story, options = {}) => (page, problems, shot) =>
    onServer(options, async (server) => {
      await signIn(page, server, `/knowledge${path}`);
      await story(page, server, shot, problems);
      allow(problems, /401/);
    });
  const dialog = (page) => page.getByRole('dialog');
  const row = (page, text) => page.getByRole('row').filter({ hasText: text });
  const choose = async (page, who, action) => {
    await page.getByRole('button', { name: `Actions for ${who}`, exact: true }).click();
    await page.getByRole('menuitem', { name: action }).click();
  };
  const file = (name, text) => ({ name, mimeType: 'text/markdown', buffer: Buffer.from(text) });
  const figure = (page, label) => page.locator('dl > div').filter({ has: page.getByText(label, { exact: true }) }).locator('dd').first();

  return {
    'A knowledge base is made, files are added, and what was read is counted': at('', async (page, server, shot, problems) => {
      await page.getByRole('button', { name: 'New knowledge base' }).click();
      await dialog(page).getByLabel('Name').fill('Price List');
      await dialog(page).getByRole('button', { name: 'Create' }).click();
      must(server.knowledge.bases.length === 4, 'a name that cannot be was sent');
      await dialog(page).getByLabel('Name').fill('handbook');
      await dialog(page).getByRole('button', { name: 'Create' }).click();
      await dialog(page).getByText('knowledge.base_exists').waitFor();
      await dialog(page).getByLabel('Name').fill('prices');
      await dialog(page).getByLabel('What is in it').fill('What things cost.');
      await dialog(page).getByRole('button', { name: 'Create' }).click();
      await page.getByRole('heading', { name: 'prices' }).waitFor();

      const chooser = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Choose files' }).click();
      await (await chooser).setFiles([file('2025.md', '# Prices'), file('2026.md', '# New prices'), file('empty.md', '')]);
      const files = page.getByRole('list', { name: 'Files' });
      await files.getByText('The file is empty').waitFor();
      must((await files.getByText('Added').count()) === 2, 'not both files were added');
      await page.getByText('3 of 3').waitFor();
      await shot?.('upload');
      await page.getByText('2 documents not read yet').waitFor();
      await page.getByRole('button', { name: 'Read now' }).click();
      await page.getByText('Reading documents').waitFor();
      await page.getByText('Last reading').waitFor();
      await row(page, '2026.md').getByText('Findable').waitFor();
      must((await figure(page, 'Not read yet').innerText()) === '0', 'the count was not read again');
      must((await figure(page, 'Passages').innerText()) === '8', 'the passages were not counted again');
      const href = await page.getByRole('link', { name: 'Last reading' }).getAttribute('href');
      must(server.state.runs.has(href.split('/').pop()), 'the link is not that of the run');
      allow(problems, /409|400/);
    }),

    'A base gets a model and is moved, each by a run': at('/base?name=handbook', async (page, server, shot, problems) => {
      must((await figure(page, 'Vectors').innerText()) === 'built in', 'the base does not say what makes its vectors');
      await choose(page, 'handbook', 'Change model');
      await dialog(page).getByLabel('Embedding model').fill('meanings');
      await dialog(page).getByRole('button', { name: 'Make vectors' }).click();
      await dialog(page).getByText('inference.bad_model_name').waitFor();
      await shot?.('model');
      await dialog(page).getByLabel('Embedding model').fill('ollama:nomic-embed-text');
      await dialog(page).getByRole('button', { name: 'Make vectors' }).click();
      await page.waitForURL(/runs/);

      await page.goBack();
      await figure(page, 'Vectors').getByText('ollama:nomic-embed-text').waitFor();
      await choose(page, 'handbook', 'Move vectors');
      await dialog(page).getByLabel('Store').selectOption('chroma');
      await dialog(page).getByRole('button', { name: 'Move' }).click();
      await page.waitForURL(/runs/);
      must(server.knowledge.bases[0].store === 'chroma', 'the base was not moved');
      await page.goBack();
      await figure(page, 'Vectors').getByText('in chroma').waitFor();
      allow(problems, /400/);
    }),

    'A base gets a reranker, which says what it thought of each passage, and loses it again': at('/base?name=handbook', async (page, server, shot, problems) => {
      await choose(page, 'handbook', 'Change reranker');
      await dialog(page).getByLabel('Reranker').fill('judge');
      await dialog(page).getByRole('button', { name: 'Save' }).click();
      await dialog(page).getByText('inference.bad_model_name').waitFor();
      await dialog(page).getByLabel('Reranker').fill('lab:judge');
      await dialog(page).getByRole('button', { name: 'Save' }).click();
      await figure(page, 'Reranker').getByText('lab:judge').waitFor();
      must(server.knowledge.bases[0].description.startsWith('How we work'), 'the description was lost');
      await page.getByRole('tab', { name: 'Search' }).click();
      await page.getByRole('searchbox', { name: 'Question' }).fill('how many days of leave');
      await page.keyboard.press('Enter');
      await page.getByText('Why').first().click();
      await page.getByText('0.930').waitFor();
      await shot?.('reranked');
      await choose(page, 'handbook', 'Change reranker');
      await dialog(page).getByLabel('Reranker').fill('none');
      await dialog(page).getByRole('button', { name: 'Save' }).click();
      await figure(page, 'Reranker').waitFor({ state: 'detached' });
      must(server.knowledge.bases[0].reranker === null, 'it is still there');
      allow(problems, /400/);
    }),

    'A base gets synonyms and boosts, a search tells what they did, and both go again': at('/base?name=handbook&view=tuning', async (page, server, shot, problems) => {
      const panel = (title) => page.locator('section').filter({ has: page.getByRole('heading', { name: title }) });
      const rules = page.getByLabel('Rules, one a line');
      await rules.fill('# time off\nleave, holiday\nillness');
      await panel('Synonyms').getByRole('button', { name: 'Save' }).click();
      await page.getByText("Rule 3, 'illness', cannot be used").waitFor();
      await page.getByText('knowledge.bad_synonyms').waitFor();
      await shot?.('refused');
      await rules.fill('# time off\nleave, holiday\n');
      await panel('Synonyms').getByRole('button', { name: 'Save' }).click();
      await page.getByText('The synonyms are saved.').waitFor();
      must(server.knowledge.bases[0].rules.join() === '# time off,leave, holiday', 'the rules are others');

      await panel('Boosts').getByRole('button', { name: 'Add a rule' }).click();
      await page.getByLabel('Key 1').fill('status');
      await page.getByLabel('Value 1').fill('approved');
      await page.getByLabel('Factor 1').fill('1.5');
      await page.getByLabel('Newer documents first').check();
      await panel('Boosts').getByRole('button', { name: 'Save' }).click();
      await page.getByText('The boosts are saved.').waitFor();
      must(server.knowledge.bases[0].boosts.newer.halfLifeDays === 90, 'the age does not count');
      await figure(page, 'Synonyms').getByText('1 rule').waitFor();
      await figure(page, 'Boosts').getByText('yes').waitFor();
      await shot?.('saved');

      await page.getByRole('tab', { name: 'Search' }).click();
      await page.getByRole('searchbox', { name: 'Question' }).fill('how many days of leave');
      await page.keyboard.press('Enter');
      await page.getByText('Why').first().click();
      await page.getByText('leave → holiday').first().waitFor();
      await page.getByText('status=approved ×1.5').first().waitFor();
      await shot?.('told');

      await page.getByRole('tab', { name: 'Tuning' }).click();
      await rules.fill('');
      await panel('Synonyms').getByRole('button', { name: 'Save' }).click();
      await page.getByText('There are no synonyms any more.').waitFor();
      await page.getByRole('button', { name: 'Remove rule 1' }).click();
      await page.getByLabel('Newer documents first').uncheck();
      await panel('Boosts').getByRole('button', { name: 'Save' }).click();
      await page.getByText('as an example, status', { exact: false }).waitFor();
      must(server.knowledge.bases[0].rules.length === 0 && server.knowledge.bases[0].boosts.newer === null, 'they are still there');
      allow(problems, /400/);
    }),

    'A base is exported, and imported under another name': at('/base?name=handbook', async (page, server, shot, problems) => {
      const [handbook] = server.knowledge.bases;
      Object.assign(handbook.rows[0], { metadata: { site: 'Oslo' }, readers: [handbook.createdBy], at: '2026-01-01T00:00:00Z' });
      await choose(page, 'handbook', 'Export');
      const download = page.waitForEvent('download');
      await dialog(page).getByRole('button', { name: 'Export' }).click();
      must((await download).suggestedFilename() === 'handbook.tgz', 'the archive has another name');
      const archive = await readFile(await (await download).path());
      await page.getByText('36 documents in').waitFor();

      await page.getByRole('link', { name: 'Knowledge', exact: true }).first().click();
      await page.getByRole('button', { name: 'Import' }).click();
      const send = async (bytes) => {
        await dialog(page).getByLabel('Archive').setInputFiles([{ name: 'handbook.tgz', mimeType: 'application/gzip', buffer: bytes }]);
        await dialog(page).getByRole('button', { name: 'Import' }).click();
      };
      const before = server.knowledge.bases.length;
      await send(archive.subarray(0, archive.length / 2));
      await dialog(page).getByText('archive.damaged').waitFor();
      must(server.knowledge.bases.length === before, 'a damaged archive made a base');
      await send(archive);
      await dialog(page).getByText('knowledge.base_exists').waitFor();
      await shot?.('import');
      await dialog(page).getByLabel('Name', { exact: true }).fill('handbook-copy');
      await dialog(page).getByRole('button', { name: 'Import' }).click();
      await page.getByRole('heading', { name: 'handbook-copy' }).waitFor();
      const copy = server.knowledge.bases.find((each) => each.name === 'handbook-copy');
      must(copy.rows.length === 36 && copy.description === handbook.description, 'not everything was sent');
      const { metadata, readers, at: time } = copy.rows[0];
      must(metadata.site === 'Oslo' && readers[0] === handbook.createdBy && time === '2026-01-01T00:00:00Z', 'what is said of a document was lost');
      await page.getByText(/Reading documents|Last reading/).first().waitFor();
      allow(problems, /409/);
    }),

    'A file is dropped, and takes the place of the one of its name': at('/base?name=new-things', async (page, server) => {
      const drop = async (text) => {
        const dropped = await page.evaluateHandle((content) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([content], 'notes.md', { type: 'text/markdown' }));
          return transfer;
        }, text);
        await page.getByTestId('drop').dispatchEvent('drop', { dataTransfer: dropped });
      };
      await page.getByTestId('drop').waitFor();
      await drop('# One');
      await page.getByRole('list', { name: 'Files' }).getByText('Added').waitFor();
      await drop('# Two');
      await page.getByRole('list', { name: 'Files' }).getByText('Replaced').waitFor();
      must(server.knowledge.bases[2].rows.length === 1, 'there are two of one name');
      await row(page, 'notes.md').waitFor();
    }),

    'A document that failed says why, and is read again': at('/base?name=handbook', async (page, server) => {
      await page.getByLabel('State').selectOption('failed');
      const failed = row(page, 'Signed broken contract.pdf');
      await failed.getByText('protected by a password').waitFor();
      await row(page, 'Travel costs.xlsx').waitFor({ state: 'detached' });
      must(page.url().includes('state=failed'), 'the filter is not in the address');
      await failed.getByRole('button', { name: /^Read again/ }).click();
      await page.getByText('No document is in this state').waitFor();
      must(server.knowledge.bases[0].rows[2].state === 'pending', 'it does not wait to be read');
      await page.getByText('2 documents not read yet').waitFor();
    }),

    'A long list of documents comes in pages, and one is deleted after a question': at('/base?name=handbook', async (page, server) => {
      await row(page, 'minutes/2026-01.docx').waitFor();
      must((await row(page, 'minutes/2026-32.docx').count()) === 0, 'everything came at once');
      await page.getByRole('button', { name: 'Show more' }).click();
      await row(page, 'minutes/2026-32.docx').waitFor();
      await choose(page, 'minutes/2026-32.docx', 'Delete');
      await dialog(page).getByRole('button', { name: 'Keep' }).click();
      must(server.knowledge.bases[0].rows.length === 36, 'it was deleted without an answer');
      await choose(page, 'minutes/2026-32.docx', 'Delete');
      await dialog(page).getByRole('button', { name: 'Delete' }).click();
      await row(page, 'minutes/2026-32.docx').waitFor({ state: 'detached' });
      must(server.knowledge.bases[0].rows.length === 35, 'it is still there');
    }),

    'A source is added, synchronised, paused and deleted with its documents': at('/base?name=new-things', async (page, server, shot, problems) => {
      await page.getByRole('tab', { name: 'Sources' }).click();
      await page.getByText('No sources yet').waitFor();
      must(page.url().includes('view=sources'), 'the tab is not in the address');
      await page.getByRole('button', { name: 'Add source' }).first().click();
      await dialog(page).getByLabel('Name').fill('docs');
      await dialog(page).getByLabel('Folder', { exact: true }).fill('/etc');
      await dialog(page).getByLabel('Synchronise').selectOption('minutes');
      await dialog(page).getByLabel('Minutes').fill('30');
      await dialog(page).getByRole('button', { name: 'Add' }).click();
      await dialog(page).getByText('knowledge.folder_not_allowed').waitFor();
      await dialog(page).getByLabel('Folder', { exact: true }).fill('/srv/docs');
      await dialog(page).getByLabel('Only these').fill('*.md\n*.pdf');
      await dialog(page).getByRole('button', { name: 'Add' }).click();
      await row(page, '/srv/docs').waitFor();
      const [made] = server.knowledge.bases[2].sources;
      must(made.place.include.join() === '*.md,*.pdf' && made.schedule.everyMinutes === 30, 'what was filled in was not sent');
      await row(page, 'docs').getByRole('button', { name: /^Sync now/ }).click();
      await row(page, 'docs').getByText('Running').waitFor();
      await row(page, 'docs').getByText('2 added').waitFor();
      await shot?.('synchronised');
      must((await figure(page, 'Documents').innerText()) === '2', 'the base was not read again');
      await choose(page, 'docs', 'Pause the schedule');
      await row(page, 'docs').getByText('Paused', { exact: true }).waitFor();
      await choose(page, 'docs', 'Delete');
      await dialog(page).getByLabel('Delete its documents too').check();
      await dialog(page).getByRole('button', { name: 'Delete' }).click();
      await page.getByText('No sources yet').waitFor();
      must(server.knowledge.bases[2].rows.length === 0, 'its documents are still there');
      allow(problems, /403/);
    }),

    'A source gets another place and another schedule, and what is left out stays': at('/base?name=handbook&view=sources', async (page, server, shot, problems) => {
      const sourceOf = (name) => server.knowledge.bases[0].sources.find((each) => each.name === name);
      await choose(page, 'papers', 'Edit');
      const save = dialog(page).getByRole('button', { name: 'Save' });
      must(await save.isDisabled(), 'nothing was changed, and can be saved');
      must((await dialog(page).getByLabel('Secret').inputValue()) === 'papers-key', 'the secret is not named');
      await dialog(page).getByLabel('Only keys that begin with').fill('open/');
      await dialog(page).getByLabel('Synchronise').selectOption('cron');
      await dialog(page).getByLabel('Cron expression').fill('0 5 * * *');
      await dialog(page).getByLabel('Time zone').fill('Europe/Oslo');
      await shot?.('source-edit');
      await save.click();
      await row(page, 'papers').getByText('0 5 * * * (Europe/Oslo)').waitFor();
      const { place, schedule } = sourceOf('papers');
      must(place.s3.prefix === 'open/' && place.s3.bucket === 'papers' && place.s3.secret === 'papers-key', 'what was not changed was lost');
      must(schedule.cron === '0 5 * * *' && schedule.timeZone === 'Europe/Oslo', 'the schedule was not sent');

      await choose(page, 'manuals', 'Edit');
      await dialog(page).getByLabel('Folder', { exact: true }).fill('/etc');
      await save.click();
      await dialog(page).getByText('knowledge.folder_not_allowed').waitFor();
      await dialog(page).getByLabel('Folder', { exact: true }).fill('/srv/manuals');
      await dialog(page).getByLabel('Synchronise').selectOption('hand');
      await save.click();
      await row(page, 'manuals').getByText('By hand').waitFor();
      must(sourceOf('manuals').schedule === null && sourceOf('manuals').place.folder.path === '/srv/manuals', 'more was changed than the schedule');
      allow(problems, /403/);
    }),

    'A question finds a passage, says why, and leads to it in its document': at('/base?name=handbook', async (page, server, shot) => {
      await page.getByRole('tab', { name: 'Search' }).click();
      await page.getByRole('searchbox', { name: 'Question' }).fill('how many days of leave');
      await page.keyboard.press('Enter');
      const found = page.getByRole('article', { name: 'handbook/Staff handbook.pdf' });
      await found.getByText('page 62').waitFor();
      await found.getByText('Staff handbook › Working time').waitFor();
      must((await found.locator('mark').allInnerTexts()).includes('leave'), 'the matched words are not marked');
      await found.getByText('Why').click();
      await found.getByText('7.310').waitFor();
      await found.getByText('leav', { exact: true }).waitFor();
      await shot?.('search');
      await found.getByRole('link').click();
      await page.getByText('passage 123 is marked').waitFor();
      const mark = page.locator('mark');
      must((await mark.innerText()).startsWith('123. Every employee'), 'another passage is marked');
      await page.waitForFunction(() => {
        const { top, bottom } = document.querySelector('mark').getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      });
      await shot?.('document');
      await page.getByRole('button', { name: 'Show what is before' }).click();
      await page.getByText('80. Every employee').waitFor();
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download the original' }).click();
      must((await download).suggestedFilename() === 'Staff handbook.pdf', 'the file has another name');
      await page.goBack();
      await found.waitFor();
    }),

    'A base is tested, and a question is asked in four ways to find one document': at('/base?name=handbook', async (page, server, shot) => {
      await page.getByRole('tab', { name: 'Quality' }).click();
      await page.getByRole('button', { name: 'Test', exact: true }).click();
      await page.getByText('94 of 100').waitFor();
      must((await figure(page, 'Found first').innerText()) === '32', 'the figures are not told');
      await page.getByText('Documents that could not be read: 1').waitFor();
      await page.getByRole('searchbox', { name: 'Question' }).fill('how many days of leave');
      await page.getByLabel('Document that should be found').fill('staff');
      await page.getByRole('button', { name: 'Compare' }).click();
      const found = (way) => page.getByRole('list', { name: `What ${way} finds` }).getByRole('listitem');
      await found('vectors').first().waitFor();
      must((await page.getByText('Found at place 1').count()) === 3, 'three ways should find it first');
      must((await page.getByText('Found at place 3').count()) === 1, 'vectors should find it last');
      must(page.url().includes('expect=staff'), 'what is expected is not in the address');
      await shot?.('quality');
      await found('hybrid').first().getByRole('link').click();
      await page.getByText('passage 123 is marked').waitFor();
    }),

    'A knowledge base is deleted by who types its name': at('/base?name=support-mail', async (page, server) => {
      await choose(page, 'support-mail', 'Delete');
      const button = dialog(page).getByRole('button', { name: 'Delete' });
      await dialog(page).getByLabel('Type support-mail to confirm').fill('support');
      must(await button.isDisabled(), 'half of the name is enough');
      await dialog(page).getByLabel('Type support-mail to confirm').fill('support-mail');
      await button.click();
      await page.getByRole('heading', { name: 'Knowledge', exact: true }).waitFor();
      await row(page, 'handbook').waitFor();
      await row(page, 'support-mail').waitFor({ state: 'detached' });
      must(server.knowledge.bases.length === 3, 'it is still there');
    }),

    'Who may only read knowledge is offered to search and nothing else': at('', async (page) => {
      await page.getByRole('link', { name: 'handbook' }).click();
      await row(page, 'Staff handbook.pdf').waitFor();
      await page.getByText('1 document not read yet').waitFor();
      for (const name of ['Choose files', 'Read now', /^Read again/])
        must((await page.getByRole('button', { name, exact: true }).count()) === 0, `a viewer is offered ${name}`);
      await page.getByRole('button', { name: 'Actions for handbook', exact: true }).click();
      must((await page.getByRole('menuitem').allInnerTexts()).join() === 'Export', 'a viewer is offered more than to export');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Actions for handbook/Travel costs.xlsx' }).click();
      must((await page.getByRole('menuitem').allInnerTexts()).join() === 'Download', 'a viewer is offered more than to download');
      await page.keyboard.press('Escape');
      await page.getByRole('tab', { name: 'Search' }).click();
      await page.getByRole('searchbox').waitFor();
    }, { role: 'viewer' }),
  };
}
