const MODULE = /*module*/'', WORKER = /*worker*/'';
