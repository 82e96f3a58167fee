using System.Collections.Generic;
using System.Threading;

using UmlHost.Fs;

namespace UmlHost.Sockets;

/// <summary>Files that are inside messages, and the collector of sockets that only their own messages keep open
/// (Linux's unix_gc). Lock: <c>flight lock</c>, outside of the socket locks, inside everything else's.
/// <para>A socket all of whose references are in flight can only be reached through the queue that it is in. Those
/// that no open socket's queue leads to are garbage: their queues are emptied, and they close.</para></summary>
internal sealed class Flights
{
    private readonly Lock _flightLock = new();
    private readonly Dictionary<UnixSocket, Flight> _sockets = [];
    private readonly Dictionary<uint, ulong> _filesOfUsers = [];

    /// <summary>Sockets that are in flight now.</summary>
    public int SocketCount
    {
        get
        {
            lock (_flightLock)
            {
                return _sockets.Count;
            }
        }
    }

    public bool Launch(OpenFile[] files, uint uid, ulong limit, bool mayExceed)
    {
        lock (_flightLock)
        {
            ulong ofUser = _filesOfUsers.GetValueOrDefault(uid);
            if (ofUser > limit && !mayExceed)
            {
                return false;
            }

            _filesOfUsers[uid] = ofUser + (ulong)files.Length;
            foreach (OpenFile file in files)
            {
                if (file is UnixSocket socket)
                {
                    if (!_sockets.TryGetValue(socket, out Flight? flight))
                    {
                        _sockets.Add(socket, flight = new Flight());
                    }

                    flight.Count++;
                }
            }

            return true;
        }
    }

    public void Land(OpenFile[] files, uint uid)
    {
        lock (_flightLock)
        {
            ulong left = _filesOfUsers[uid] - (ulong)files.Length;
            if (left == 0)
            {
                _filesOfUsers.Remove(uid);
            }
            else
            {
                _filesOfUsers[uid] = left;
            }

            foreach (OpenFile file in files)
            {
                if (file is UnixSocket socket && --_sockets[socket].Count == 0)
                {
                    _sockets.Remove(socket);
                }
            }
        }
    }

    /// <summary>Ends when no collection that began before is under way: after a peek, whose references the collector
    /// may not have seen.</summary>
    public void Wait()
    {
        lock (_flightLock)
        {
        }
    }

    /// <summary>A socket has closed: closes those that nobody can reach any more. Without locks.</summary>
    public void Collect()
    {
        List<FlightFiles> garbage;
        lock (_flightLock)
        {
            if (_sockets.Count == 0)
            {
                return;
            }

            garbage = FindGarbage();
        }

        foreach (FlightFiles files in garbage)
        {
            files.Land();
            files.Release();
        }
    }

    /// <summary>The files in the queues of garbage, taken out of them. Flight lock.</summary>
    private List<FlightFiles> FindGarbage()
    {
        List<FlightFiles> found = [];

        // What is left of a count after all queues of candidates were looked at comes from elsewhere.
        foreach ((UnixSocket socket, Flight flight) in _sockets)
        {
            flight.IsCandidate = socket.References == flight.Count;
            flight.Outside = flight.Count;
        }

        foreach ((UnixSocket socket, Flight flight) in _sockets)
        {
            if (flight.IsCandidate)
            {
                Look(socket, found);
                foreach (Flight inside in FlightsOf(found))
                {
                    inside.Outside--;
                }
            }
        }

        Queue<UnixSocket> reached = [];
        foreach ((UnixSocket socket, Flight flight) in _sockets)
        {
            if (flight.IsCandidate && flight.Outside > 0)
            {
                flight.IsCandidate = false;
                reached.Enqueue(socket);
            }
        }

        while (reached.TryDequeue(out UnixSocket? socket))
        {
            Look(socket, found);
            foreach (FlightFiles files in found)
            {
                foreach (OpenFile file in files.Files)
                {
                    if (file is UnixSocket inside && _sockets.TryGetValue(inside, out Flight? flight) && flight.IsCandidate)
                    {
                        flight.IsCandidate = false;
                        reached.Enqueue(inside);
                    }
                }
            }
        }

        found.Clear();
        foreach ((UnixSocket socket, Flight flight) in _sockets)
        {
            if (flight.IsCandidate)
            {
                socket.VisitFiles(found, take: true);
            }
        }

        return found;
    }

    private static void Look(UnixSocket socket, List<FlightFiles> found)
    {
        found.Clear();
        socket.VisitFiles(found, take: false);
    }

    private IEnumerable<Flight> FlightsOf(List<FlightFiles> found)
    {
        foreach (FlightFiles files in found)
        {
            for (int index = 0; index < files.Count; index++)
            {
                if (files.Files[index] is UnixSocket socket && _sockets.TryGetValue(socket, out Flight? flight))
                {
                    yield return flight;
                }
            }
        }
    }

    private sealed class Flight
    {
        public int Count { get; set; }

        public int Outside { get; set; }

        public bool IsCandidate { get; set; }
    }
}
