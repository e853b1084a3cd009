import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/bricolage-grotesque/wght.css';
import '#shared/theme/tokens.css';
import '#shared/theme/elements.css';
import { mount } from 'svelte';
import App from './app/App.svelte';

const target = document.getElementById('page');
if (target === null) throw new Error('index.html has no place for the page');

mount(App, { target });
