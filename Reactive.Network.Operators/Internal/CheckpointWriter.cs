namespace Reactive.Network.Operators.Internal;

/// <summary>Saves what is acknowledged: one at a time, the newest only. Any thread.</summary>
internal sealed class CheckpointWriter(ICheckpointStore store)
{
    private readonly Lock _gate = new();
    private ChainPlace? _toSave;
    private long _toSaveNumber;
    private long _newest;
    private bool _saving;

    public void Acknowledge(long number, ChainPlace place)
    {
        lock (_gate)
        {
            if (number <= _newest)
            {
                return;
            }

            (_newest, _toSave, _toSaveNumber) = (number, place, number);
            if (_saving)
            {
                return;
            }

            _saving = true;
        }

        while (true)
        {
            long saving;
            lock (_gate)
            {
                if (_toSave is null)
                {
                    _saving = false;
                    return;
                }

                (place, saving, _toSave) = (_toSave, _toSaveNumber, null);
            }

            try
            {
                store.Save(place.Offer());
            }
            catch
            {
                lock (_gate)
                {
                    _saving = false;
                    // It may be acknowledged again; what came meanwhile was not saved either.
                    _newest = Saved;
                    _toSave = null;
                }

                throw;
            }

            Saved = saving;
        }
    }

    /// <summary>The last that was saved. Of who saves.</summary>
    private long Saved { get; set; }
}
